"""A course: the nbgrader course directory of a practice, and our cards beside its exercises."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from toolkit._internal.atomic_io import write_durably
from toolkit.domain.learning_path import Card, Text
from toolkit.errors import InputError, NotFoundError, StateError, StorageError
from toolkit.exercises.course.notebook import Notebook, grade_id, load
from toolkit.exercises.course.yaml_models import load_declared
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
    """The exercises below a practice's folder.

    Parameters
    ----------
    root : Path
        The nbgrader course directory: ``source/``, ``release/``, ``gradebook.db`` and our ``cards/`` in it.
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._grade_ids: dict[Path, tuple[int, frozenset[str]]] = {}

    def __repr__(self) -> str:
        return f"Course({str(self.root)!r})"

    def names(self) -> tuple[str, ...]:
        """Return the names of the exercises, in the order of the alphabet."""
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
            There is no such exercise; near names are proposed.
        """
        if name not in self._folders:
            # The folder may have been made since we looked.
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
        """Return the source notebooks of an exercise, by their name without the ending.

        Ours have one, of the exercise's own name; an adopted nbgrader assignment may have several.
        """
        return _notebooks_in(self.folder(name))

    def released_notebooks(self, name: str) -> dict[str, Path]:
        """Return the released notebooks of an exercise, by their name without the ending.

        Raises
        ------
        StateError
            It was not released yet.
        """
        found = _notebooks_in(self.release_folder(name))
        if not found:
            raise StateError(
                _("The exercise '{name}' is not released yet.").format(name=name),
                _("`mentor exercise release {name}` makes the students' version.").format(name=name),
            )
        return found

    def release_folder(self, name: str) -> Path:
        """Return where nbgrader puts the students' version of an exercise."""
        self.folder(name)
        return self.root / "release" / name

    def is_released(self, name: str) -> bool:
        """Whether there is a students' version that is not older than the source."""
        released = _notebooks_in(self.release_folder(name))
        sources = self.notebooks(name)
        return sources.keys() <= released.keys() and all(
            released[notebook].stat().st_mtime >= path.stat().st_mtime for notebook, path in sources.items()
        )

    def main_notebook(self, name: str) -> str:
        """Return the name of the notebook that stands for the exercise: its own, or else the first."""
        notebooks = self.notebooks(name)
        return name if name in notebooks else min(notebooks)

    def source(self, name: str) -> Notebook:
        """Return the source notebook that stands for the exercise, solution and hidden tests included."""
        return load(self.notebooks(name)[self.main_notebook(name)])

    def released(self, name: str) -> Notebook:
        """Return the students' version of the notebook that stands for the exercise, in both languages."""
        released = self.released_notebooks(name)
        return load(released.get(self.main_notebook(name)) or released[min(released)])

    def grade_ids(self, name: str) -> dict[str, frozenset[str]]:
        """Return the names by which nbgrader knows the cells of an exercise, by notebook."""
        return {notebook: self._ids_in(path) for notebook, path in self.notebooks(name).items()}

    def _ids_in(self, path: Path) -> frozenset[str]:
        # Two hundred submissions are recognised against thirty exercises: each source is read once.
        changed = path.stat().st_mtime_ns
        known = self._grade_ids.get(path)
        if known is None or known[0] != changed:
            found = frozenset(filter(None, map(grade_id, load(path)["cells"])))
            known = self._grade_ids[path] = (changed, found)
        return known[1]

    def card(self, name: str) -> Card:
        """Return the mentor's card of an exercise; one that was adopted without a card gets a plain one.

        Raises
        ------
        InputError
            The card is not what a card should be: which file, which key, what is the matter.
        """
        self.folder(name)
        path = self.root / "cards" / f"{name}.yaml"
        try:
            card = load_declared(path, Card)
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
        # nbgrader lets an assignment be called "Problem Set 1"; such a name is no identifier of ours, and
        # nobody declared its skills. It is still an exercise.
        return Card.model_construct(
            id=name, title=Text(en=title, fr=title), skills=(), minutes=30, prerequisites=(), hints=()
        )


def init_course(root: Path) -> bool:
    """Make ``root`` an nbgrader course directory; one that is there already is left as it is.

    Returns
    -------
    bool
        Whether there was one.

    Raises
    ------
    StorageError
        The disk said no.
    """
    # Exercises with our cards beside them were put there by us; without, they are somebody's course.
    foreign = bool(Course(root).names()) and not (root / "cards").exists()
    adopted = foreign or (root / CONFIG_NAME).exists() or (root / "gradebook.db").exists()
    try:
        for part in ("source", "cards", "paths"):
            (root / part).mkdir(parents=True, exist_ok=True)
        if not adopted:
            write_durably(root / CONFIG_NAME, _CONFIG.encode())
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
