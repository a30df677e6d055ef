"""Access to a session: invitations, and the rate limit for unknown links."""
