"""The shared session: its server, access to it, synchronisation with the record, and snapshots."""
