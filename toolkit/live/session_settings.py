"""The settings that a session's server is started with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress

from toolkit.domain.people import Role
from toolkit.domain.record_entries import ExerciseEntry

__all__ = ["UPDATES_FILE", "GroupNotebook", "Guest", "LiveSettings"]

UPDATES_FILE = "updates.db"
"""File name of the shared document's store, in the session's state folder."""


class Guest(BaseModel):
    """A person who may enter a session.

    Parameters
    ----------
    id : str
        The student's id in the store; "mentor" for the mentor.
    role : Role
        The person's role.
    name : str
        The name that the others read.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    role: Role
    name: str


class GroupNotebook(BaseModel):
    """A student's own notebook in a group's session.

    Parameters
    ----------
    guest : str
        The id of its owner.
    notebook : str
        Its path below the root, in a folder of its own: its kernel sees no other folder.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    guest: str
    notebook: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]*/[a-z0-9-]+\.ipynb$")]

    @property
    def folder(self) -> str:
        """The working folder of its kernel, below the root."""
        return self.notebook.partition("/")[0]


class LiveSettings(BaseModel):
    """The settings of one session's server.

    Parameters
    ----------
    session : str
        The id of the session, or of the group's.
    root : Path
        The student's workspace, or the group's folder: the server shows no other file.
    notebook : str
        The path of the session's notebook below ``root``; ``record.json`` lies beside it. In a group it is
        the board.
    state : Path
        A private folder of this session: invitations, tickets, updates of the shared document. It lies
        outside ``root``, and no kernel sees it.
    guests : tuple of Guest
        The people who may enter, the mentor first.
    copies : tuple of GroupNotebook
        In a group, a notebook for each student; nothing runs on the board then.
    card : ExerciseEntry, optional
        In a group, the exercise of the day: the board has none.
    language : {"en", "fr"}
        The session's language.
    public_url : str
        The address that people use, without a slash at the end ("https://call.example"); empty if it is the
        address that the server listens on.
    listener : int
        Descriptor of a bound and listening socket to accept connections on; -1: the server binds one on
        127.0.0.1.
    port : int
        The port that links have; without a listener also the port to bind.
    certfile, keyfile : Path, optional
        Certificate and key for TLS, PEM.
    broker : int
        Descriptor of the socket to the kernel broker; -1: the server starts kernels itself.
    trusted_proxies : tuple of IP address
        Proxies on other machines whose forwarding headers are trusted; those of this machine always are.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    session: str
    root: Path
    notebook: str
    state: Path
    guests: tuple[Guest, ...]
    copies: tuple[GroupNotebook, ...] = ()
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
        """The path of the session's record."""
        return (self.root / self.notebook).with_name("record.json")

    @property
    def notebooks(self) -> tuple[str, ...]:
        """The paths of all shared notebooks."""
        return self.notebook, *(copy.notebook for copy in self.copies)

    @property
    def with_kernels(self) -> tuple[str, ...]:
        """The paths of the notebooks that have a kernel."""
        return tuple(copy.notebook for copy in self.copies) or (self.notebook,)

    def owner(self, notebook: str) -> str | None:
        """Return the id of the owner of a copy; None for a notebook that belongs to all."""
        return next((copy.guest for copy in self.copies if copy.notebook == notebook), None)

    def home(self, guest: Guest) -> str:
        """Return the notebook that a guest's page opens with: their own, or the first one for the mentor."""
        own = (copy.notebook for copy in self.copies if copy.guest == guest.id)
        return next(own, self.with_kernels[0])

    def may_write(self, guest: Guest, notebook: str) -> bool:
        """Return True if a guest may change a notebook; a copy only by its owner and the mentor.

        Parameters
        ----------
        guest : Guest
            The guest.
        notebook : str
            The notebook's path below the root.
        """
        return guest.role == "mentor" or self.owner(notebook) in {None, guest.id}

    def may_start(self, guest: Guest, notebook: str) -> bool:
        """Return True if a guest may start, interrupt or use a notebook's kernel.

        Parameters
        ----------
        guest : Guest
            The guest.
        notebook : str
            The notebook's path below the root.
        """
        return notebook in self.with_kernels and self.may_write(guest, notebook)
