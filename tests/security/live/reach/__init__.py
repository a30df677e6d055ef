"""Guests reach the notebook and its kernel of the running server. Everything else is refused."""
