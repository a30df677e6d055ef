"""The files that an exercise is made of."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

__all__ = ["parts"]

_LARGEST = 10 * 1024**2


def parts(root: Path, name: str) -> Iterator[tuple[Path, Path]]:
    """Yield every file of an exercise, and its place in the course.

    These are its folder, and what lies loose in the course: headers, footers, files for nbgrader's autotests.
    """
    for folder in (root, root / "source"):
        for path in sorted(folder.iterdir()):
            loose = path.suffix in {".ipynb", ".yml", ".yaml", ".py"} and path.name != "nbgrader_config.py"
            if loose and path.is_file() and path.stat().st_size < _LARGEST:
                yield path, path.relative_to(root)
    for path in sorted((root / "source" / name).rglob("*")):
        hidden = any(part.startswith((".", "__pycache__")) for part in path.relative_to(root).parts)
        if path.is_file() and not hidden:
            yield path, path.relative_to(root)
