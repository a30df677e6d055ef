"""Jupyter's checkpoints, switched off for a session."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.contents.checkpoints import AsyncCheckpoints
from tornado.web import HTTPError

__all__ = ["NoCheckpoints"]


class NoCheckpoints(AsyncCheckpoints):
    """No checkpoints: a session has snapshots, which a student cannot delete."""

    async def create_checkpoint(self, contents_mgr: object, path: str) -> dict[str, Any]:  # noqa: ARG002
        """Refuse.

        Parameters
        ----------
        contents_mgr : object
            Jupyter's contents manager, not used.
        path : str
            The notebook's path, not used.

        Raises
        ------
        HTTPError
            403, always.
        """
        raise HTTPError(403)

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:  # noqa: ARG002
        """Return one entry in place of the snapshots, so that a save does not create a first checkpoint."""
        return [{"id": "snapshots", "last_modified": "1970-01-01T00:00:00Z"}]

    async def restore_checkpoint(self, contents_mgr: object, checkpoint_id: str, path: str) -> None:  # noqa: ARG002
        """Refuse.

        Parameters
        ----------
        contents_mgr : object
            Jupyter's contents manager, not used.
        checkpoint_id, path : str
            The checkpoint and the notebook, not used.

        Raises
        ------
        HTTPError
            403, always.
        """
        raise HTTPError(403)

    async def rename_checkpoint(self, checkpoint_id: str, old_path: str, new_path: str) -> None:
        """Do nothing.

        Parameters
        ----------
        checkpoint_id, old_path, new_path : str
            The checkpoint and the notebook's paths, not used.
        """

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Do nothing.

        Parameters
        ----------
        checkpoint_id, path : str
            The checkpoint and the notebook, not used.
        """
