"""Grading submissions: the queue, the results, the gradebook, the feedback."""
