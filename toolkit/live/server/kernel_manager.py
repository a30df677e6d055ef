"""The one kernel that a session has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_client.kernelspec import KernelSpecManager, NoSuchKernel
from jupyter_server.services.kernels.kernelmanager import AsyncMappingKernelManager
from tornado.web import HTTPError

import toolkit.kernels

__all__ = ["KERNEL", "SandboxedKernels", "SandboxedKernelspec"]

KERNEL = "mentoring"


class SandboxedKernelspec(KernelSpecManager):
    """Knows the sandboxed kernel alone, which comes with the toolkit: no folder is searched."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return where the kernelspec lies."""
        return {KERNEL: str(Path(toolkit.kernels.__file__).parent / "kernelspec")}

    def _find_spec_directory(self, kernel_name: str) -> str | None:
        return self.find_kernel_specs().get(kernel_name)

    def get_kernel_spec(self, kernel_name: str) -> Any:  # noqa: ANN401 - Jupyter's own
        """Return the kernelspec; `NoSuchKernel` for any other."""
        if kernel_name != KERNEL:
            raise NoSuchKernel(kernel_name)
        return super().get_kernel_spec(kernel_name)


class SandboxedKernels(AsyncMappingKernelManager):
    """Starts kernels below the workspace, wherever a link in it leads."""

    def cwd_for_path(self, path: str, **kwargs: Any) -> str:  # noqa: ANN401
        """Return the folder that a kernel for ``path`` is started in."""
        root = Path(self.root_dir).resolve()
        folder = Path(super().cwd_for_path(path, **kwargs)).resolve()
        if not folder.is_relative_to(root):
            raise HTTPError(403)
        return str(folder)
