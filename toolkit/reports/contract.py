"""What a template gets, said for whoever writes one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from toolkit.reports.snapshot import Snapshot

__all__ = ["contract"]

_MODULES = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Z])|<class '(?:\w+\.)*(\w+)'>")


def contract(model: type[BaseModel] = Snapshot, name: str = "snapshot") -> Iterator[tuple[str, str]]:
    """Yield every part of the parameter ``snapshot``: what it is called, and of what type it is.

    >>> dict(contract())["snapshot.student.name"]
    'str'
    """
    for key, about in model.model_fields.items():
        inner = _line(about.annotation)
        several = "[]" if "tuple" in str(about.annotation) and inner else ""
        yield f"{name}.{key}{several}", _type(about.annotation)
        if inner is not None:
            yield from contract(inner, f"{name}.{key}{several}")


def _line(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - whatever pydantic takes
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_line(inner) for inner in get_args(annotation))
    return next((line for line in found if line is not None), None)


def _type(annotation: Any) -> str:  # noqa: ANN401
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return _MODULES.sub(lambda match: match[1] or "", str(annotation)).replace("datetime.", "")
