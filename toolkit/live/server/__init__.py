"""The Jupyter server of a session: configuration, handlers, contents, identity."""
