"""Reading submissions: files, parser, identification, normalization."""
