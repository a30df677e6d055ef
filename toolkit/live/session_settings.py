"""What a session's server is told when it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress

from toolkit.domain.people import Role
from toolkit.domain.record_entries import ExerciseEntry

__all__ = ["UPDATES", "Copy", "Guest", "LiveSettings"]

UPDATES = "updates.db"
"""The store of the shared document, in the session's state folder."""


class Guest(BaseModel):
    """Somebody who may enter a session.

    Parameters
    ----------
    id : str
        Of the student in the store; "mentor" for the mentor.
    name : str
        As the other person reads it.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    role: Role
    name: str


class Copy(BaseModel):
    """A student's own notebook in a group's session.

    Parameters
    ----------
    guest : str
        Whose.
    notebook : str
        Below the root, in a folder of its own: its kernel sees no other.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    guest: str
    notebook: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9-]+\.ipynb$")]

    @property
    def folder(self) -> str:
        """Where its kernel works, below the root."""
        return self.notebook.partition("/")[0]


class LiveSettings(BaseModel):
    """One session's server.

    Parameters
    ----------
    session : str
        The session's id, or the group's.
    root : Path
        The student's workspace, or the group's folder: all that the server shows.
    notebook : str
        The session's notebook, below ``root``; ``record.json`` lies beside it. In a group it is the board.
    copies : tuple of Copy
        In a group, a notebook for each student; nothing runs on the board then.
    card : ExerciseEntry, optional
        In a group, the exercise of the day: the board has none.
    state : Path
        A private folder of this session's: invitations, who is in, the updates of the shared document. No
        kernel sees it, and the server's root does not hold it.
    guests : tuple of Guest
        Who may enter, the mentor first.
    language : {"en", "fr"}
        The session's.
    public_url : str
        Where people reach it, without a slash at the end ("https://call.example"); empty where that is the
        address that it listens on.
    listener : int
        A descriptor of the socket that it accepts on, bound and listening; -1: it binds one on 127.0.0.1.
    port : int
        Which port the links name, and where there is no listener it binds.
    certfile, keyfile : Path, optional
        For TLS.
    broker : int
        A descriptor of the socket to the process that starts kernels for it; -1: it starts them itself.
    trusted_proxies : tuple of IP address
        Proxies on other machines whose word on who comes in is believed; this machine's always are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    session: str
    root: Path
    notebook: str
    state: Path
    guests: tuple[Guest, ...]
    copies: tuple[Copy, ...] = ()
    card: ExerciseEntry | None = None
    language: Literal["en", "fr"] = "en"
    public_url: str = ""
    listener: int = -1
    port: int = Field(default=0, ge=0, le=65535)
    certfile: Path | None = None
    keyfile: Path | None = None
    broker: int = -1
    trusted_proxies: tuple[IPvAnyAddress, ...] = ()

    @property
    def record(self) -> Path:
        """The session's record."""
        return (self.root / self.notebook).with_name("record.json")

    @property
    def notebooks(self) -> tuple[str, ...]:
        """Every notebook that is shared."""
        return self.notebook, *(copy.notebook for copy in self.copies)

    @property
    def with_kernels(self) -> tuple[str, ...]:
        """The notebooks that have a kernel."""
        return tuple(copy.notebook for copy in self.copies) or (self.notebook,)

    def owner(self, notebook: str) -> str | None:
        """Return whose copy a notebook is; None for one that is everybody's."""
        return next((copy.guest for copy in self.copies if copy.notebook == notebook), None)

    def home(self, guest: Guest) -> str:
        """Return the notebook that somebody's page opens with: their own; the mentor's, with the first."""
        own = (copy.notebook for copy in self.copies if copy.guest == guest.id)
        return next(own, self.with_kernels[0])

    def may_write(self, guest: Guest, notebook: str) -> bool:
        """Whether somebody may change a notebook: a copy is its owner's, and the mentor's."""
        return guest.role == "mentor" or self.owner(notebook) in {None, guest.id}

    def may_start(self, guest: Guest, notebook: str) -> bool:
        """Whether somebody may start, interrupt or use a notebook's kernel."""
        return notebook in self.with_kernels and self.may_write(guest, notebook)
