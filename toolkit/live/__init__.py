"""The shared session: its server, who may enter it and do what, its record while it is live."""
