"""Exercises and hints, given to students."""
