"""A course on disk: cards, learning paths, notebooks and their solutions."""
