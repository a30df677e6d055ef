"""Internal modules for every layer above the errors: files, locks, messages, imports, resources."""
