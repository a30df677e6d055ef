"""What is remembered: SQLAlchemy tables, one file an aggregate, and the store that opens them."""

from toolkit.store.marks import Mark
from toolkit.store.notes import Note, NoteSide
from toolkit.store.store import Condition, Store, Transaction

__all__ = ["Condition", "Mark", "Note", "NoteSide", "Store", "Transaction"]
