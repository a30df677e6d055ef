"""What a student's workspace says of a submission: what became of it, in the student's own words."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, StringConstraints

__all__ = ["Answer", "AnswerTest"]


class _Told(BaseModel):
    # A newer toolkit may say more; the card shows what it knows.
    model_config = ConfigDict(extra="ignore", frozen=True)


class AnswerTest(_Told):
    """One graded cell: its name as people read it, and the message that the feedback has too."""

    name: str
    outcome: Literal["passed", "partly", "failed", "to be looked at"]
    message: str = ""


class Answer(_Told):
    """What the mentor's side says of one submission.

    Parameters
    ----------
    sha256 : str
        Of the bytes that were kept.
    state : {"received", "graded", "refused"}
        Graded means that grading is over, whatever came of it.
    received_at : datetime
        Aware.
    verdict : str
        In the student's language; empty before it is graded.
    message : str
        The reason, where there is no full result.
    page : str
        The feedback, as a path from the workspace; empty until it is written.
    """

    sha256: str
    state: Literal["received", "graded", "refused"]
    received_at: datetime
    verdict: str = ""
    points: float = 0.0
    max_points: float = 0.0
    tests: tuple[AnswerTest, ...] = ()
    message: str = ""
    # A mentor may follow it too, in a JupyterLab with all rights: it leads to a page of feedback or nowhere.
    page: Annotated[str, StringConstraints(pattern=r"^(feedback/[^/\\:]{1,200}\.html)?$")] = ""
