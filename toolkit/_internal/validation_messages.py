"""What is the matter with a value that somebody declared, in words and in their language."""

from __future__ import annotations

from pydantic_core import ErrorDetails

from toolkit.i18n import N_, _

__all__ = ["fault"]

_WHOLE = N_("it should be a whole number")
_NUMBER = N_("it should be a number")
_GROUP = N_("it should be a group of settings, each with its name")
_WORDS = {
    "extra_forbidden": N_("there is no such setting"),
    "missing": N_("it is missing"),
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "bool_type": N_("it should be true or false"),
    "bool_parsing": N_("it should be true or false"),
    "string_type": N_("it should be text, in quotation marks"),
    "model_type": _GROUP,
    "dict_type": _GROUP,
    "tuple_type": N_("it should be a list"),
    "too_short": N_("it is empty"),
    "string_too_short": N_("it is empty"),
    "string_pattern_mismatch": N_("it should be of small letters, digits and hyphens"),
    "literal_error": N_("it should be {expected}"),
    "greater_than": N_("it should be more than {gt}"),
    "greater_than_equal": N_("it should be at least {ge}"),
    "less_than_equal": N_("it should be at most {le}"),
}


def fault(error: ErrorDetails) -> str:
    """Return a clause on one of pydantic's complaints, in its own words where we have none."""
    words = _WORDS.get(error["type"])
    if words is None:
        return error["msg"].rstrip(".")
    given = {name: str(value).replace(" or ", ", ") for name, value in error.get("ctx", {}).items()}
    return _(words).format(**given)
