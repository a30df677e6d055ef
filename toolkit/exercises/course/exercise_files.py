"""Lists the files of an exercise."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["list_exercise_files"]

_MAX_FILE_BYTES = 10 * 1024**2


def list_exercise_files(root: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Yield every file that the release of an exercise depends on.

    These are the files of its folder, and the files shared by the course: headers, footers, nbgrader's
    autotests.

    Parameters
    ----------
    root : Path
        nbgrader course directory.
    name : str
        Name of the exercise.

    Yields
    ------
    tuple of (Path, Path)
        Absolute path, and path relative to ``root``.
    """
    for folder in (root, root / "source"):
        for path in sorted(folder.iterdir()):
            shared = path.suffix in {".ipynb", ".yml", ".yaml", ".py"} and path.name != "nbgrader_config.py"
            if shared and path.is_file() and path.stat().st_size < _MAX_FILE_BYTES:
                yield path, path.relative_to(root)
    for path in sorted((root / "source" / name).rglob("*")):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
        if path.is_file() and not hidden:
            yield path, path.relative_to(root)
