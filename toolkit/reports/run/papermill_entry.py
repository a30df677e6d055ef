"""Entry point of the papermill engine "mentoring": a light proxy that imports the engine on use."""

from __future__ import annotations

from typing import Any

__all__ = ["Mentoring"]


class Mentoring:
    """Proxy of `papermill_engine.MentoringEngine`, which it imports when a notebook is run.

    Papermill loads all installed engines during its own import, while `MentoringEngine` derives from a class
    of papermill: a direct entry point would be a circular import.
    """

    @classmethod
    def execute_notebook(cls, nb: Any, kernel_name: str, **options: Any) -> Any:  # noqa: ANN401 - papermill's signature
        """Run a notebook, as `MentoringEngine.execute_notebook` does.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        kernel_name : str
            Name of the kernel.
        **options
            Further options of papermill.
        """
        from toolkit.reports.run.papermill_engine import MentoringEngine

        return MentoringEngine.execute_notebook(nb, kernel_name, **options)

    @classmethod
    def nb_kernel_name(cls, nb: Any, name: str | None = None) -> str:  # noqa: ANN401
        """Return the name of the notebook's kernel.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        name : str, optional
            A name that takes precedence.
        """
        from papermill.utils import nb_kernel_name

        return str(nb_kernel_name(nb, name))

    @classmethod
    def nb_language(cls, nb: Any, language: str | None = None) -> str:  # noqa: ANN401
        """Return the programming language of the notebook.

        Parameters
        ----------
        nb : NotebookNode
            The notebook.
        language : str, optional
            A language that takes precedence.
        """
        from papermill.utils import nb_language

        return str(nb_language(nb, language))
