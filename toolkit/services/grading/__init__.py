"""Submissions: collected, graded, reviewed, answered."""
