"""Persistence: SQLAlchemy tables and their repositories, one file per aggregate, and the store."""

from toolkit.store.cell_remarks import Remark
from toolkit.store.cohort_queries import Filter
from toolkit.store.note_drafts import Draft
from toolkit.store.notes import Note, NoteSide
from toolkit.store.observations import Observation
from toolkit.store.report_versions import Made, Shared
from toolkit.store.skill_marks import Mark
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
