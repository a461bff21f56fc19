"""The demo: a real grocer's year, moved so that it ends now, with names and desks made up."""
