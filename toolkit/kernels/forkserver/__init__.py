"""Code that runs inside the sandbox; it imports the standard library, Jupyter and itself only."""
