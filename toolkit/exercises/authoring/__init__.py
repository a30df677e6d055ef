"""Writing exercises: scaffold, variants, checks, release."""
