"""The parameter ``snapshot`` of report templates: its documentation and its validation."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from toolkit.errors import InputError
from toolkit.i18n import _
from toolkit.reports.snapshot.student_snapshot import StudentSnapshot

__all__ = ["describe_contract", "parse_snapshot"]

_MODULES = re.compile(r"\b(?:[a-z_]+\.)+(?=[A-Z])|<class '(?:\w+\.)*(\w+)'>")


def describe_contract(
    model: type[BaseModel] = StudentSnapshot, name: str = "snapshot"
) -> Iterator[tuple[str, str]]:
    """Yield the name and the type of every part of the parameter ``snapshot``.

    Parameters
    ----------
    model : type of BaseModel
        The model to describe.
    name : str
        Name of the parameter.

    Examples
    --------
    >>> dict(contract())["snapshot.student.name"]
    'str'
    """
    for key, about in model.model_fields.items():
        inner = _line(about.annotation)
        several = "[]" if "tuple" in str(about.annotation) and inner else ""
        yield f"{name}.{key}{several}", _type(about.annotation)
        if inner is not None:
            yield from describe_contract(inner, f"{name}.{key}{several}")


def parse_snapshot(given: Mapping[str, Any]) -> StudentSnapshot:
    """Return a template's parameter ``snapshot`` as a `StudentSnapshot`.

    Raises
    ------
    InputError
        If a part is missing, unknown or of a wrong type; the error names it and suggests similar names.
    """
    try:
        return StudentSnapshot.model_validate(given)
    except ValidationError as error:
        faults = error.errors()
        first = faults[0]
        where = ".".join(map(str, ("snapshot", *first["loc"])))
        missing = [
            str(fault["loc"][0]) for fault in faults if fault["type"] == "missing" and len(fault["loc"]) == 1
        ]
        near = get_close_matches(str(first["loc"][-1]), [*StudentSnapshot.model_fields], n=3, cutoff=0.6)
        if missing:
            message = _("The parameter `snapshot` lacks: {names}.").format(names=", ".join(missing))
            near = [name for one in missing for name in get_close_matches(one, given, n=1, cutoff=0.6)]
        else:
            message = _("The parameter `{name}` is not what it should be: {reason}.").format(
                name=where, reason=first["msg"]
            )
        meant = _("Did you mean {names}?").format(names=", ".join(near))
        raise InputError(
            message, meant if near else _("Get one for a student: mentor report STUDENT --parameters")
        ) from error


def _line(annotation: Any) -> type[BaseModel] | None:  # noqa: ANN401 - pydantic accepts any annotation
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = (_line(inner) for inner in get_args(annotation))
    return next((line for line in found if line is not None), None)


def _type(annotation: Any) -> str:  # noqa: ANN401
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return _MODULES.sub(lambda match: match[1] or "", str(annotation)).replace("datetime.", "")
