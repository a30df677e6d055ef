"""The kernelspec and the kernel manager of a session."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

import toolkit.kernels

__all__ = ["KERNEL_NAME", "SandboxedKernelManager", "SandboxedKernelSpecManager"]

KERNEL_NAME = "mentoring"


class SandboxedKernelSpecManager(KernelSpecManager):
    """Knows only the sandboxed kernel, which comes with the toolkit: no folder is searched."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the kernelspec's folder by its name."""
        return {KERNEL_NAME: str(Path(toolkit.kernels.__file__).parent / "kernelspec")}

    def _find_spec_directory(self, kernel_name: str) -> str | None:
        return self.find_kernel_specs().get(kernel_name)

    def get_kernel_spec(self, kernel_name: str) -> Any:  # noqa: ANN401 - Jupyter's own
        """Return the kernelspec.

        Raises
        ------
        NoSuchKernel
            If another kernel is named.
        """
        if kernel_name != KERNEL_NAME:
            raise NoSuchKernel(kernel_name)
        return super().get_kernel_spec(kernel_name)


class SandboxedKernelManager(AsyncMappingKernelManager):
    """Starts kernels only in folders of the workspace, even if a link in it leads elsewhere."""

    def cwd_for_path(self, path: str, **kwargs: Any) -> str:  # noqa: ANN401
        """Return a kernel's working folder.

        Parameters
        ----------
        path : str
            The notebook's path below the server's root.
        kwargs
            Passed on to Jupyter's manager.

        Raises
        ------
        HTTPError
            403, if the folder lies outside the workspace.
        """
        root = Path(self.root_dir).resolve()
        folder = Path(super().cwd_for_path(path, **kwargs)).resolve()
        if not folder.is_relative_to(root):
            raise HTTPError(403)
        return str(folder)
