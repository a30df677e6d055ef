"""Finished documents: HTML, PDF, the progress report, the recap, the replay."""
