"""What keeps the shared document's updates: those that come during one write go into the next, together."""

from __future__ import annotations

from typing import Any

import anyio
from jupyter_server_ydoc.stores import SQLiteYStore
from pycrdt import merge_updates

__all__ = ["Updates"]


class Updates(SQLiteYStore):  # type: ignore[misc]  # it has no types
    """A store that keeps up.

    Stock writes each update by itself, and each waits for the disk. Where they come quicker than the disk is,
    the room lets them wait, ever more of them, and a server that dies takes them with it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:  # noqa: ANN401 - as the extension makes it
        super().__init__(*args, **kwargs)
        self._waiting: list[bytes] = []
        self._turn = anyio.Lock()

    async def write(self, data: bytes) -> None:
        """Store an update; it is stored when this returns.

        What a call that was cancelled had taken along goes with the next.
        """
        self._waiting.append(data)
        async with self._turn:
            if not self._waiting:
                return  # whoever had the turn before has taken it along
            taken, self._waiting = self._waiting, []
            try:
                await super().write(merge_updates(*taken) if len(taken) > 1 else taken[0])
            except BaseException:
                self._waiting = [*taken, *self._waiting]
                raise
