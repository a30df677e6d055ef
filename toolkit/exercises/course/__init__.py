"""A course on the disk: cards, paths, notebooks, and the solutions in them."""
