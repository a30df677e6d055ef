"""Who may enter a session: invitations, and the limit on guesses."""
