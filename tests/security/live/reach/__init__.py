"""What a guest reaches of the running server: the notebook and its kernel. Everything else is refused."""
