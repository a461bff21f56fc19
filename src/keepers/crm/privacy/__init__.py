"""What somebody may ask of a firm: everything that is known of them as a file, and to be forgotten; in every desk."""
