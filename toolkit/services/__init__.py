"""The verbs: each a transaction over store, exercises and reports, called by commands and notebooks alike."""
