"""The use cases: each is one transaction over store, exercises and reports, for commands and notebooks."""
