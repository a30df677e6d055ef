"""Which servers a page may have been with before: those that had the very document that this one has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit._internal.atomic_io import write_durably

__all__ = ["Lineage"]

_MOST = 1000


class _Known(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    servers: Annotated[list[str], Field(max_length=_MOST)]


class Lineage:
    """The servers of one shared document, in a file.

    Jupyter's own list forgets the first of them after ten, and is lost when the server is killed while it
    writes it: a page that was open since then is told that its session has expired, and loses what it holds.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._servers: list[str] = []

    def go_on(self, server: str, version: str, *, anew: bool) -> None:
        """Add a server, before anybody is let in.

        Parameters
        ----------
        server : str
            The name by which pages know it.
        version : str
            Of what shares the document: with another one, pages begin anew.
        anew : bool
            Whether there is no store of the document any more: what pages have is then another one.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        known = None if anew else self._read()
        before = known.servers if known is not None and known.version == version else []
        self._servers = [*before, server][-_MOST:]
        write_durably(self._path, _Known(version=version, servers=self._servers).model_dump_json().encode())

    def knows(self, server: str) -> bool:
        """Whether a page that was with ``server`` may go on here."""
        return server in self._servers

    def _read(self) -> _Known | None:
        try:
            return _Known.model_validate(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError):
            return None
