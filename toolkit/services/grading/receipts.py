"""Receipts of collected files, and the storing of files as attempts in the order in which they were made."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from toolkit.domain.attempt import Attempt, Outcome
from toolkit.exercises.submission.attempt_order import AttemptOrder, FileEvidence, order_attempts
from toolkit.exercises.submission.identify import plain_stem
from toolkit.i18n import N_, _
from toolkit.practice import Practice

__all__ = ["CollectedFile", "Receipt", "ReceiptStatus", "store_attempts"]

# Attempts of one moment keep their order by this difference.
_STEP = timedelta(microseconds=1)


class ReceiptStatus(StrEnum):
    """Result of collecting one file."""

    NEW = N_("received")
    AGAIN = N_("received before")
    UNREADABLE = N_("unreadable")
    UNKNOWN = N_("kept, not recognised")
    REFUSED = N_("refused")
    LEFT = N_("left aside")


@dataclass(frozen=True)
class Receipt:
    """Receipt for one collected file.

    Parameters
    ----------
    source : str
        Name of the file, as it was given.
    received : ReceiptStatus
        Result.
    student_id : str, optional
        Id of the student; None if unknown.
    exercise_id : str, optional
        Id of the exercise; None if unknown.
    sha256 : str
        Digest of the stored bytes; empty if the file could not be read at all. For a refused member of an
        archive the whole archive is stored.
    at : datetime, optional
        Time of receipt.
    message : str
        Reason and next step, if the file was not collected normally.
    """

    source: str
    received: ReceiptStatus
    student_id: str | None = None
    exercise_id: str | None = None
    sha256: str = ""
    at: datetime | None = None
    message: str = ""


@dataclass(frozen=True)
class CollectedFile:
    """A collected file whose bytes are kept, before it becomes an attempt.

    Parameters
    ----------
    receipt : Receipt
        Its receipt, without a time.
    is_attempt : bool
        False if it is refused, left aside, or not recognised.
    notebook : str
        Name of the exercise's notebook; empty if unknown.
    aided : bool
        True for the notebook of a session.
    outcome : Outcome, optional
        Outcome of a file that cannot be read.
    evidence : FileEvidence
        Evidence of the time at which it was made.
    handed_in_at : datetime, optional
        Time at which it was handed in, as nbgrader wrote it down.
    """

    receipt: Receipt
    is_attempt: bool = False
    notebook: str = ""
    aided: bool = False
    outcome: Outcome | None = None
    evidence: FileEvidence = field(default_factory=lambda: FileEvidence(""))
    handed_in_at: datetime | None = None


def store_attempts(
    practice: Practice, files: Sequence[CollectedFile], received_at: datetime | None = None
) -> list[Receipt]:
    """Store the attempts among some collected files, the one that was made last as the last.

    Parameters
    ----------
    practice : Practice
        The mentor's practice.
    files : sequence of CollectedFile
        The files.
    received_at : datetime, optional
        Time of receipt, timezone-aware; if left out, the time at which each was handed in, else now.

    Returns
    -------
    list of Receipt
        One for each file, in the order of ``files``.
    """
    now = received_at or datetime.now(UTC)
    receipts = [replace(file.receipt, at=now) for file in files]
    rivals: dict[tuple[str, str, str], list[int]] = {}
    for index, file in enumerate(files):
        if file.is_attempt:
            receipt = file.receipt
            key = (receipt.student_id or "", receipt.exercise_id or "", file.notebook)
            rivals.setdefault(key, []).append(index)
    for (student, exercise, _notebook), indices in rivals.items():
        group = _Rivals(practice, student, exercise, [files[index] for index in indices])
        stored = group.store(now, stated=received_at is None)
        for index, receipt in zip(indices, stored, strict=True):
            receipts[index] = receipt
    return receipts


class _Rivals:
    """The collected attempts of one student at one notebook of an exercise."""

    def __init__(
        self, practice: Practice, student: str, exercise: str, files: Sequence[CollectedFile]
    ) -> None:
        self._practice = practice
        self._key = (student, exercise)
        self._files = files
        with practice.store.read() as tx:
            earlier = [one for one in tx.attempts.for_student(student) if one.exercise_id == exercise]
        self._known = {attempt.sha256 for attempt in earlier}
        digests = {file.receipt.sha256 for file in files}
        self._beside = [
            (attempt, evidence)
            for attempt in earlier
            if attempt.sha256 not in digests and (evidence := self._evidence_of(attempt)) is not None
        ]

    def _evidence_of(self, attempt: Attempt) -> FileEvidence | None:
        """Return the evidence of an earlier attempt whose file still lies beside one of the new ones."""
        path = Path(attempt.source)
        beside = any(
            Path(file.receipt.source).parent == path.parent
            and plain_stem(Path(file.receipt.source).name) == plain_stem(path.name)
            for file in self._files
        )
        if not beside or not path.is_absolute():
            return None
        with suppress(OSError, ValueError):
            if hashlib.sha256(path.read_bytes()).hexdigest() == attempt.sha256:
                made_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                return FileEvidence(attempt.source, made_at, 0, attempt.exercise_id, is_known=True)
        return None

    def store(self, now: datetime, *, stated: bool) -> list[Receipt]:
        """Store the attempts; return the receipts in the order of the files."""
        evidence = [evidence for _attempt, evidence in self._beside]
        first = len(evidence)
        evidence += [
            replace(file.evidence, is_known=file.receipt.sha256 in self._known) for file in self._files
        ]
        order = order_attempts(evidence)
        receipts: dict[int, Receipt] = {}
        limit = now
        # From the last to the first: an attempt goes before all that were made after it.
        for index in reversed(order.indices):
            if index < first:
                limit = min(limit, self._beside[index][0].received_at - _STEP)
                continue
            file = self._files[index - first]
            moment = min(limit, file.handed_in_at or limit) if stated else limit
            receipt, at = self._store_one(file, moment)
            receipts[index - first] = receipt
            limit = min(limit, at - _STEP)
        self._explain(receipts, order, first)
        return [receipts[index] for index in range(len(self._files))]

    def _store_one(self, file: CollectedFile, at: datetime) -> tuple[Receipt, datetime]:
        receipt = file.receipt
        with self._practice.store.begin() as tx:
            hints = tx.attempts.hints_given(*self._key)
            attempt, new = tx.attempts.add(
                Attempt(*self._key, receipt.sha256, at, receipt.source, hints, file.aided, file.outcome)
            )
        if not new and receipt.received is ReceiptStatus.NEW:
            receipt = replace(receipt, received=ReceiptStatus.AGAIN)
        return replace(receipt, at=at if new else attempt.received_at), attempt.received_at

    def _explain(self, receipts: dict[int, Receipt], order: AttemptOrder, first: int) -> None:
        """Say in the receipts which of several different attempts counts."""
        digests = {file.receipt.sha256 for file in self._files} | {
            attempt.sha256 for attempt, _evidence in self._beside
        }
        if len(digests) < 2:
            return
        last = order.indices[-1]
        counts = self._files[last - first].receipt.source if last >= first else self._beside[last][0].source
        digest = self._files[last - first].receipt.sha256 if last >= first else self._beside[last][0].sha256
        for index, receipt in receipts.items():
            if receipt.sha256 != digest:
                text = _("An earlier attempt; this one counts: {file}").format(file=Path(counts).name)
            elif order.is_clear or index != last - first:
                continue
            else:
                text = _("It is not clear which attempt was handed in last; this one counts.")
            receipts[index] = replace(receipt, message=" ".join(filter(None, (receipt.message, text))))
