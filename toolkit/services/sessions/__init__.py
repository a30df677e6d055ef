"""Sessions: planned, prepared, shared, closed, replayed."""
