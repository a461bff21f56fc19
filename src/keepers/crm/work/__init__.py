"""Work for today: tasks, in the order of what is at stake, and groups of customers that are not to be left alone."""
