"""Live one-to-one programming mentoring in Jupyter.

What a notebook imports stands here; each name is loaded when it is first asked for, so that the command
`mentor` does not wait for the widgets, nor a notebook for the database.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from toolkit._internal.lazy_imports import put_off

if TYPE_CHECKING:
    from toolkit.practice import Practice
    from toolkit.widgets import ActionItems, Agenda, Checklist, ExerciseCard, PrepCard, Timer
    from toolkit.workspace.session_record import Record

    __version__: str

__all__ = ["ActionItems", "Agenda", "Checklist", "ExerciseCard", "Practice", "PrepCard", "Record", "Timer"]

put_off()

_PLACES = {"Practice": "toolkit.practice", "Record": "toolkit.workspace.session_record"}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    # Said in one place, pyproject.toml; the installation knows it from there.
    if name == "__version__":
        from importlib import metadata

        return metadata.version("mentoring-toolkit")
    if name not in __all__:
        raise AttributeError(f"module 'toolkit' has no attribute {name!r}")
    return getattr(import_module(_PLACES.get(name, "toolkit.widgets")), name)


def __dir__() -> list[str]:
    return [*globals(), *__all__, "__version__"]
