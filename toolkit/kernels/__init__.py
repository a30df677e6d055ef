"""Where code runs: kernels that start in a blink, each in a sandbox of its own.

A fork server (`toolkit.kernels.forkserver`) imports what kernels need once and forks a child for each. It has
two faces: `toolkit.kernels.provisioner`, which any Jupyter tool uses unchanged through the kernelspec
"Mentoring (sandboxed)", and `Shell`, one cell at a time with no zmq in between, on which `execute` runs
whole notebooks. `containment` tells people what stands between the code and the machine.
"""

from typing import TYPE_CHECKING, Any

from toolkit.kernels.containment import Containment, containment
from toolkit.kernels.limits import Limits

if TYPE_CHECKING:
    from toolkit.kernels.kernel_exit import End
    from toolkit.kernels.notebook_execution import Execution, execute
    from toolkit.kernels.sandboxed_shell import Reply, Shell

__all__ = ["Containment", "End", "Execution", "Limits", "Reply", "Shell", "containment", "execute"]

_PLACES = {
    "End": "kernel_exit",
    "Execution": "notebook_execution",
    "execute": "notebook_execution",
    "Reply": "sandboxed_shell",
    "Shell": "sandboxed_shell",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    # nbclient takes a second and a half to import; who only asks how code is contained need not wait.
    if name in _PLACES:
        from importlib import import_module

        return getattr(import_module(f"toolkit.kernels.{_PLACES[name]}"), name)
    raise AttributeError(f"module 'toolkit.kernels' has no attribute {name!r}")
