"""What papermill finds under the name "mentoring" when it is imported: a door, so light that nobody waits."""

from __future__ import annotations

from typing import Any

__all__ = ["Mentoring"]


class Mentoring:
    """Stands for `papermill_engine.MentoringEngine`, which is imported when something is to be run.

    Papermill loads every engine that is installed while it is itself being imported, and ours builds on
    papermill's.
    """

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:  # noqa: ANN401 - papermill's own
        """Run a notebook."""
        from toolkit.reports.run.papermill_engine import MentoringEngine

        return MentoringEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:  # noqa: ANN401
        """Return the name of the kernel that a notebook asks for."""
        from papermill.utils import nb_kernel_name

        return str(nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:  # noqa: ANN401
        """Return the language that a notebook is written in."""
        from papermill.utils import nb_language

        return str(nb_language(nb, language))
