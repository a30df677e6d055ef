"""The earlier servers that shared the same document, so that a page of one of them can reconnect."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolkit._internal.atomic_io import atomic_write

__all__ = ["ServerHistory"]

_MAX_SERVERS = 1000


class _StoredHistory(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    version: str
    servers: Annotated[list[str], Field(max_length=_MAX_SERVERS)]


class ServerHistory:
    """The session ids of the servers of one shared document, in a file.

    Jupyter's own list holds ten ids, and is lost if the server is killed during the write. A page that was
    open since a forgotten server would be told that its session has expired, and would lose its unsent
    changes.

    Parameters
    ----------
    path : Path
        The file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._servers: list[str] = []

    def append_server(self, server: str, version: str, *, anew: bool) -> None:
        """Add a server; called before the first page connects.

        Parameters
        ----------
        server : str
            The server's session id, as pages know it.
        version : str
            The version of the collaboration extension: with another version, pages load the document again.
        anew : bool
            True if the document's store is missing: the pages' document is another one then.

        Raises
        ------
        StorageError
            If the disk refuses.
        """
        known = None if anew else self._read()
        before = known.servers if known is not None and known.version == version else []
        self._servers = [*before, server][-_MAX_SERVERS:]
        atomic_write(
            self._path, _StoredHistory(version=version, servers=self._servers).model_dump_json().encode()
        )

    def is_known(self, server: str) -> bool:
        """Return True if a page of ``server`` may reconnect here."""
        return server in self._servers

    def _read(self) -> _StoredHistory | None:
        try:
            return _StoredHistory.model_validate(json.loads(self._path.read_text(encoding="utf-8")))
        except (OSError, ValueError, ValidationError):
            return None
