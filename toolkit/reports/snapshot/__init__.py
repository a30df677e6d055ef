"""The snapshot of a student: the data that a report is made from."""
