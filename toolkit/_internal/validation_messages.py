"""Messages in the current language for pydantic's validation errors."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from toolkit.i18n import N_, _

__all__ = ["describe_error"]

_NOT_AN_INTEGER = N_("it should be a whole number")
_NOT_A_NUMBER = N_("it should be a number")
_NOT_A_TABLE = N_("it should be a group of settings, each with its name")
_MESSAGES = {
    "extra_forbidden": N_("there is no such setting"),
    "missing": N_("it is missing"),
    "int_type": _NOT_AN_INTEGER,
    "int_parsing": _NOT_AN_INTEGER,
    "int_from_float": _NOT_AN_INTEGER,
    "float_type": _NOT_A_NUMBER,
    "float_parsing": _NOT_A_NUMBER,
    "bool_type": N_("it should be true or false"),
    "bool_parsing": N_("it should be true or false"),
    "string_type": N_("it should be text, in quotation marks"),
    "model_type": _NOT_A_TABLE,
    "dict_type": _NOT_A_TABLE,
    "tuple_type": N_("it should be a list"),
    "too_short": N_("it is empty"),
    "string_too_short": N_("it is empty"),
    "string_pattern_mismatch": N_("it should be of small letters, digits and hyphens"),
    "literal_error": N_("it should be {expected}"),
    "greater_than": N_("it should be more than {gt}"),
    "greater_than_equal": N_("it should be at least {ge}"),
    "less_than_equal": N_("it should be at most {le}"),
}


def describe_error(error: ErrorDetails) -> str:
    """Return a clause that describes one validation error; pydantic's message if the type is unknown."""
    words = _MESSAGES.get(error["type"])
    if words is None:
        return error["msg"].rstrip(".")
    given = {name: str(value).replace(" or ", ", ") for name, value in error.get("ctx", {}).items()}
    return _(words).format(**given)
