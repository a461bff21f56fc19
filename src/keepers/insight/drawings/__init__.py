"""One module a kind of picture: rows in, an Altair chart out, drawn for the frame's look."""
