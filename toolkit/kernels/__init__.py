"""Fast-starting kernels, each in its own sandbox.

A fork server (`toolkit.kernels.forkserver`) imports common modules once and forks a child for each kernel.
It has two interfaces: `toolkit.kernels.provisioner`, through which any Jupyter tool uses the kernelspec
"Mentoring (sandboxed)"; and `SandboxedShell`, which runs single cells without zmq, and on which `execute`
runs whole notebooks. `containment` reports the sandbox layers of this machine.
"""

from typing import TYPE_CHECKING, Any

from toolkit.kernels.containment import Containment, containment
from toolkit.kernels.limits import Limits

if TYPE_CHECKING:
    from toolkit.kernels.kernel_exit import KernelExit
    from toolkit.kernels.notebook_execution import Execution, execute
    from toolkit.kernels.sandboxed_shell import CellReply, SandboxedShell

__all__ = [
    "CellReply",
    "Containment",
    "Execution",
    "KernelExit",
    "Limits",
    "SandboxedShell",
    "containment",
    "execute",
]

_LAZY_MODULES = {
    "KernelExit": "kernel_exit",
    "Execution": "notebook_execution",
    "execute": "notebook_execution",
    "CellReply": "sandboxed_shell",
    "SandboxedShell": "sandboxed_shell",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - classes and functions
    # Imported on demand: nbclient takes 1.5 s to import, and `containment` does not need it.
    if name in _LAZY_MODULES:
        from importlib import import_module

        return getattr(import_module(f"toolkit.kernels.{_LAZY_MODULES[name]}"), name)
    raise AttributeError(f"module 'toolkit.kernels' has no attribute {name!r}")
