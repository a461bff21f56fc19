"""Who is held out by lot: the app's copy of the lots, which whoever lists or sends anything asks."""
