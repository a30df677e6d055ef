"""Reads what people declare in YAML: one file, one model, one clear sentence where they do not agree."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from toolkit._internal.validation_messages import fault
from toolkit.errors import InputError, StorageError
from toolkit.i18n import _

__all__ = ["load_declared"]

_Model = TypeVar("_Model", bound=BaseModel)

_FAST = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The same loader, in C where there is one: a practice's cards are read with every command."""


def load_declared(path: Path, model: type[_Model]) -> _Model:
    """Return the file at ``path`` as ``model``.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    InputError
        It is not what it should be: which file, which key or line, what is the matter.
    StorageError
        The disk does not give it.
    """
    text = ""
    try:
        text = path.read_text(encoding="utf-8")
        data = _parsed(text)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(_("{file} cannot be read: {why}").format(file=path, why=error.strerror)) from error
    except UnicodeDecodeError as error:
        raise InputError(_("{file} is not text in UTF-8.").format(file=path)) from error
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        # Characters that YAML does not take have a position and a reason instead.
        line = mark.line if mark else text.count("\n", 0, getattr(error, "position", 0))
        what = getattr(error, "problem", None) or getattr(error, "reason", None) or type(error).__name__
        raise InputError(
            _("{file}, line {line}: this is no YAML: {what}.").format(file=path, line=line + 1, what=what)
        ) from error
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or path.stem
        raise InputError(
            _("{file}: `{key}`: {what}.").format(file=path, key=key, what=fault(first))
        ) from error


def _parsed(text: str) -> Any:  # noqa: ANN401 - whatever the file says
    # What is nested very deeply would end the process in C; in Python it is an error.
    shallow = text.count("[") + text.count("{") < 200 and all(len(line) < 1000 for line in text.splitlines())
    if shallow:
        try:
            return yaml.load(text, _FAST)  # noqa: S506 - a safe one
        except yaml.YAMLError:
            pass  # said once more by the other, in the words that ours are made with
    return yaml.safe_load(text)
