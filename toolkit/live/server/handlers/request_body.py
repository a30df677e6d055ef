"""Validation of a request's JSON body."""

from __future__ import annotations

from typing import TypeVar

from pydantic import BaseModel, ValidationError
from tornado.web import HTTPError

__all__ = ["parse_body"]

_Model = TypeVar("_Model", bound=BaseModel)


def parse_body(model: type[_Model], body: bytes) -> _Model:
    """Return the body of a request as a model.

    Parameters
    ----------
    model : type of BaseModel
        The model's class.
    body : bytes
        The body, JSON.

    Raises
    ------
    HTTPError
        400, if the body is not valid.
    """
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise HTTPError(400) from error
