"""Work that a page does not wait for: jobs, how far they are, how they are stopped, the files that come in for them."""
