"""What a session's server is told when it is started."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, IPvAnyAddress

from toolkit.domain.people import Role

__all__ = ["Guest", "LiveSettings"]


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


class LiveSettings(BaseModel):
    """One session's server.

    Parameters
    ----------
    session : str
        The session's id.
    root : Path
        The student's workspace: all that the server shows.
    notebook : str
        The session's notebook, below ``root``; ``record.json`` lies beside it.
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
