"""Where code runs: the one single place.

Everything that executes a student's or an exercise's notebook calls `execute`, and everything that tells
people how that code is contained asks `containment`. Until the sandbox exists both speak of stock Jupyter
kernels; what is behind these names will be replaced by a fork server inside a sandbox, the names and what
they return will not.
"""

from typing import TYPE_CHECKING, Any

from toolkit.kernels.containment import Containment, containment
from toolkit.kernels.limits import Limits

if TYPE_CHECKING:
    from toolkit.kernels.execution import Execution, execute

__all__ = ["Containment", "Execution", "Limits", "containment", "execute"]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    # nbclient takes a second and a half to import; who only asks how code is contained need not wait.
    if name in {"Execution", "execute"}:
        from toolkit.kernels import execution

        return getattr(execution, name)
    raise AttributeError(name)
