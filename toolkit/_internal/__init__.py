"""What every layer above the errors may use: files, locks, messages, imports, resources."""
