"""A course: the nbgrader course directory of a practice, with a card for each exercise."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from toolkit._internal.atomic_io import atomic_write
from toolkit.domain.learning_path import BilingualText, Card
from toolkit.errors import InputError, NotFoundError, StateError, StorageError
from toolkit.exercises.course.cell_identification import cell_evidence
from toolkit.exercises.course.notebook import Notebook, grade_id, load_notebook
from toolkit.exercises.course.yaml_models import load_yaml_model
from toolkit.i18n import _

__all__ = ["CONFIG_NAME", "Course", "init_course"]

CONFIG_NAME = "nbgrader_config.py"

_CONFIG = '''"""nbgrader's configuration of this practice; `nbgrader --help-all` lists what can be set."""

from pathlib import Path

c = get_config()  # noqa: F821 - nbgrader provides it

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "practice"

# What stands in the student's copy where the solution was.
c.ClearSolutions.code_stub = {"python": "# Your code here / Le code vient ici\\nraise NotImplementedError()"}
c.ClearSolutions.text_stub = "*Your answer here / La réponse vient ici*"

# Seconds that one cell may run.
c.Execute.timeout = 20

# nbgrader's own commands run student code in the sandbox, too.
c.Execute.kernel_name = "mentoring"
'''


class Course:
    """The exercises of a practice.

    Parameters
    ----------
    root : Path
        nbgrader course directory; contains ``source/``, ``release/``, ``gradebook.db`` and ``cards/``.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._grade_ids: dict[Path, tuple[int, frozenset[str]]] = {}
        self._evidence: dict[Path, tuple[int, frozenset[str]]] = {}

    def __repr__(self) -> str:
        return f"Course({str(self.root)!r})"

    def names(self) -> tuple[str, ...]:
        """Return the names of the exercises in alphabetical order."""
        return tuple(sorted(self._folders))

    @cached_property
    def _folders(self) -> dict[str, Path]:
        source = self.root / "source"
        try:
            folders = [folder for folder in source.iterdir() if folder.is_dir()]
            return {folder.name: folder for folder in folders if _notebooks_in(folder)}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError(
                _("The folder {folder} cannot be read: {why}").format(folder=source, why=error.strerror)
            ) from error

    def folder(self, name: str) -> Path:
        """Return the source folder of an exercise.

        Raises
        ------
        NotFoundError
            There is no such exercise; the error proposes similar names.
        """
        if name not in self._folders:
            # The folder may have been created since the listing was cached.
            self.__dict__.pop("_folders", None)
        if name not in self._folders:
            raise NotFoundError(
                _("There is no exercise '{name}' in {folder}.").format(
                    name=name, folder=self.root / "source"
                ),
                name,
                self.names(),
                _("`mentor exercise list` shows those that there are."),
            )
        return self._folders[name]

    def notebooks(self, name: str) -> dict[str, Path]:
        """Return the source notebooks of an exercise by file name without the suffix.

        Exercises of this toolkit have one, named as the exercise; an nbgrader assignment may have several.
        """
        return _notebooks_in(self.folder(name))

    def released_notebooks(self, name: str) -> dict[str, Path]:
        """Return the released notebooks of an exercise by file name without the suffix.

        Raises
        ------
        StateError
            The exercise is not released yet.
        """
        found = _notebooks_in(self.release_folder(name))
        if not found:
            raise StateError(
                _("The exercise '{name}' is not released yet.").format(name=name),
                _("`mentor exercise release {name}` makes the students' version.").format(name=name),
            )
        return found

    def release_folder(self, name: str) -> Path:
        """Return the folder in which nbgrader puts the students' version of an exercise."""
        self.folder(name)
        return self.root / "release" / name

    def is_released(self, name: str) -> bool:
        """Return whether every source notebook has a released version that is not older."""
        released = _notebooks_in(self.release_folder(name))
        sources = self.notebooks(name)
        return sources.keys() <= released.keys() and all(
            released[notebook].stat().st_mtime >= path.stat().st_mtime for notebook, path in sources.items()
        )

    def main_notebook(self, name: str) -> str:
        """Return the name of the exercise's main notebook: the one named as the exercise, else the first."""
        notebooks = self.notebooks(name)
        return name if name in notebooks else min(notebooks)

    def source(self, name: str) -> Notebook:
        """Return the source of the exercise's main notebook, solution and hidden tests included."""
        return load_notebook(self.notebooks(name)[self.main_notebook(name)])

    def released(self, name: str) -> Notebook:
        """Return the students' version of the exercise's main notebook, in both languages."""
        released = self.released_notebooks(name)
        return load_notebook(released.get(self.main_notebook(name)) or released[min(released)])

    def grade_ids(self, name: str) -> dict[str, frozenset[str]]:
        """Return the ``grade_id`` of every cell that nbgrader manages, by notebook."""
        return {notebook: self._ids_in(path) for notebook, path in self.notebooks(name).items()}

    def evidence(self, name: str) -> frozenset[str]:
        """Return what identifies the exercise in a notebook without nbgrader's metadata (`cell_evidence`)."""
        found: set[str] = set()
        for path in self.notebooks(name).values():
            changed = path.stat().st_mtime_ns
            known = self._evidence.get(path)
            if known is None or known[0] != changed:
                cells = load_notebook(path)["cells"]
                known = (changed, frozenset(item for cell in cells for item in cell_evidence(cell)))
                self._evidence[path] = known
            found |= known[1]
        return frozenset(found)

    def _ids_in(self, path: Path) -> frozenset[str]:
        # Cached by mtime: a batch matches hundreds of submissions against every exercise.
        changed = path.stat().st_mtime_ns
        known = self._grade_ids.get(path)
        if known is None or known[0] != changed:
            found = frozenset(filter(None, map(grade_id, load_notebook(path)["cells"])))
            known = self._grade_ids[path] = (changed, found)
        return known[1]

    def card(self, name: str) -> Card:
        """Return the card of an exercise; a default card if its file is missing.

        Raises
        ------
        InputError
            The card is invalid; the message names file, key and problem.
        """
        self.folder(name)
        path = self.root / "cards" / f"{name}.yaml"
        try:
            card = load_yaml_model(path, Card)
        except FileNotFoundError:
            return self._plain_card(name)
        if card.id != name:
            raise InputError(
                _("{file}: `id` is '{id}'; it should be the name of the file, '{name}'.").format(
                    file=path, id=card.id, name=name
                )
            )
        return card

    def cards(self) -> list[Card]:
        """Return the cards of all exercises, in the order of their names."""
        return [self.card(name) for name in self.names()]

    def _plain_card(self, name: str) -> Card:
        title = _first_heading(self.source(name)) or name
        # `model_construct` skips validation: an nbgrader assignment may have a name that is not a valid id
        # ("Problem Set 1"), and no skills are declared for it.
        return Card.model_construct(
            id=name,
            title=BilingualText(en=title, fr=title),
            skills=(),
            minutes=30,
            prerequisites=(),
            hints=(),
        )


def init_course(root: Path) -> bool:
    """Make ``root`` an nbgrader course directory; the files of an existing one stay unchanged.

    Returns
    -------
    bool
        True if it already was an nbgrader course.

    Raises
    ------
    StorageError
        A folder or file cannot be written.
    """
    # Exercises without a `cards` folder belong to an nbgrader course that this toolkit did not create.
    foreign = bool(Course(root).names()) and not (root / "cards").exists()
    adopted = foreign or (root / CONFIG_NAME).exists() or (root / "gradebook.db").exists()
    try:
        for part in ("source", "cards", "paths"):
            (root / part).mkdir(parents=True, exist_ok=True)
        if not adopted:
            atomic_write(root / CONFIG_NAME, _CONFIG.encode())
    except OSError as error:
        raise StorageError(
            _("The course cannot be made in {folder}: {why}").format(folder=root, why=error.strerror)
        ) from error
    return adopted


def _notebooks_in(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.ipynb")) if not path.name.startswith(".")}


def _first_heading(nb: Notebook) -> str:
    for cell in nb["cells"]:
        if cell["cell_type"] == "markdown":
            for line in cell["source"].splitlines():
                if line.startswith("#"):
                    heading: str = line.lstrip("#").strip()
                    return heading[:200]
    return ""
