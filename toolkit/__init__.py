"""Live one-to-one programming mentoring in Jupyter."""
