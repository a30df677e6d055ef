"""Status of a submission as written to the student's workspace, in the student's language."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

__all__ = ["SubmissionStatus", "SubmissionTestStatus"]


class _StatusModel(BaseModel):
    # A newer toolkit may write more fields; the exercise card ignores those that it does not know.
    model_config = ConfigDict(extra="ignore", frozen=True)


class SubmissionTestStatus(_StatusModel):
    """Result of one graded cell: its display name, its outcome, and the message of the feedback page."""

    name: str
    outcome: Literal["passed", "partly", "failed", "to be looked at"]
    message: str = ""


class SubmissionStatus(_StatusModel):
    """Status of one submission, written by the mentor's side.

    Parameters
    ----------
    sha256 : str
        SHA-256 of the stored bytes.
    state : {"received", "graded", "refused"}
        "graded" means that grading has ended, with any verdict.
    received_at : datetime
        Aware.
    verdict : str
        In the student's language; empty before grading.
    points, max_points : float
        Points given, and points for full marks.
    tests : tuple of SubmissionTestStatus
        Results of the graded cells.
    message : str
        Reason for an incomplete result; empty for a complete one.
    page : str
        Path of the feedback page, relative to the workspace; empty until it is written.
    """

    sha256: str
    state: Literal["received", "graded", "refused"]
    received_at: datetime
    verdict: str = ""
    points: float = 0.0
    max_points: float = 0.0
    tests: tuple[SubmissionTestStatus, ...] = ()
    message: str = ""
    # The mentor may open the link in a JupyterLab with full access, so it can only name a feedback page.
    page: Annotated[str, StringConstraints(pattern=r"^(feedback/[^/\\:]{1,200}\.html)?$")] = ""
