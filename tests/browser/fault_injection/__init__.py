"""Failures during a session in two real browsers: no change that was reported as saved is lost."""
