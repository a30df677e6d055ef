"""Live one-to-one programming mentoring in Jupyter.

The public names for notebooks. Each name is imported on first access, so that the command `mentor` does not
wait for the widgets, and a notebook does not wait for the database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toolkit.practice import Practice
    from toolkit.widgets import ActionItems, Agenda, Checklist, ExerciseCard, PrepCard, Timer
    from toolkit.workspace.session_record import Record

    __version__: str

__all__ = ["ActionItems", "Agenda", "Checklist", "ExerciseCard", "Practice", "PrepCard", "Record", "Timer"]

_MODULES = {"Practice": "toolkit.practice", "Record": "toolkit.workspace.session_record"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - the type depends on the name
    # pyproject.toml is the only place that states the version; the installed metadata repeats it.
    if name == "__version__":
        from importlib import metadata

        return metadata.version("mentoring-toolkit")
    if name not in __all__:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    return getattr(import_module(_MODULES.get(name, "toolkit.widgets")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__, "__version__"]
