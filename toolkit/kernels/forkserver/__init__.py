"""What runs inside the sandbox: imports the standard library, Jupyter, and itself."""
