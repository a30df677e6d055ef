"""Persistence: SQLAlchemy tables and their repositories, one file per aggregate, and the store."""

from toolkit.store.cell_remarks import Remark
from toolkit.store.cohort_queries import CohortFilter
from toolkit.store.database_errors import advise_backup
from toolkit.store.note_drafts import NoteDraft
from toolkit.store.notes import Note, NoteSide
from toolkit.store.observations import Observation
from toolkit.store.report_versions import SharedReportVersion, WrittenReportVersion
from toolkit.store.skill_marks import Mark
from toolkit.store.store import DatabaseCondition, Store, Transaction

__all__ = [
    "CohortFilter",
    "DatabaseCondition",
    "Mark",
    "Note",
    "NoteDraft",
    "NoteSide",
    "Observation",
    "Remark",
    "SharedReportVersion",
    "Store",
    "Transaction",
    "WrittenReportVersion",
    "advise_backup",
]
