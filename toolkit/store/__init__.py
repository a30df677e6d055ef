"""What is remembered: SQLAlchemy tables, one file an aggregate, and the store that opens them."""

from toolkit.store.cohort import Filter
from toolkit.store.drafts import Draft
from toolkit.store.marks import Mark
from toolkit.store.notes import Note, NoteSide
from toolkit.store.observations import Observation
from toolkit.store.remarks import Remark
from toolkit.store.reports import Made, Shared
from toolkit.store.store import Condition, Store, Transaction

__all__ = [
    "Condition",
    "Draft",
    "Filter",
    "Made",
    "Mark",
    "Note",
    "NoteSide",
    "Observation",
    "Remark",
    "Shared",
    "Store",
    "Transaction",
]
