"""Loads a YAML file into a pydantic model; an invalid file gives one clear message."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from toolkit._internal.validation_messages import describe_error
from toolkit.errors import InputError, StorageError
from toolkit.i18n import _

__all__ = ["load_yaml_model"]

_Model = TypeVar("_Model", bound=BaseModel)

_FAST_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's loader if available, else PyYAML's: every command reads all cards, so loading must be fast."""


def load_yaml_model(path: Path, model: type[_Model]) -> _Model:
    """Return the YAML file at ``path`` as a ``model``.

    Parameters
    ----------
    path : Path
        YAML file.
    model : type
        pydantic model to validate with.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    InputError
        The file is invalid; the message names file, key or line, and problem.
    StorageError
        The file cannot be read.
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
        # The error for a forbidden character has `position` and `reason` instead.
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
            _("{file}: `{key}`: {what}.").format(file=path, key=key, what=describe_error(first))
        ) from error


def _parsed(text: str) -> Any:  # noqa: ANN401 - YAML of any type
    # Deep nesting overflows the stack of the C loader and crashes the process; in Python it is an error.
    shallow = text.count("[") + text.count("{") < 200 and all(len(line) < 1000 for line in text.splitlines())
    if shallow:
        try:
            return yaml.load(text, _FAST_LOADER)  # noqa: S506 - a safe loader
        except yaml.YAMLError:
            pass  # parsed again below: our message quotes the one of the pure Python loader
    return yaml.safe_load(text)
