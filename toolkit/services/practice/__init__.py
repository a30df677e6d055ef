"""A practice as a whole: created, imported, checked, shown as a demo."""
