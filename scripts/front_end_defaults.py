"""Write the defaults and limits of the record's models for the front end: ``views/entryDefaults.js``.

`--check` writes nothing: it exits with 1 if the file differs from the models in ``toolkit.domain``.

See docs/decisions/0008-built-front-end.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from toolkit.domain.record_entries import ENTRIES, AgendaEntry, Entry, NotesEntry

TARGET = Path(__file__).parent.parent / "toolkit/widgets/views/entryDefaults.js"
HEAD = """\
// @ts-check
// Generated from the models in toolkit/domain by scripts/front_end_defaults.py: change those, run `make lab`.
"""


def defaults(model: type[Entry]) -> dict[str, Any]:
    """Return the fields that have a default, each with its default in JSON."""
    fields = {name: field for name, field in model.model_fields.items() if not field.is_required()}
    return {name: to_jsonable_python(_default(field)) for name, field in fields.items()}


def _default(field: FieldInfo) -> object:
    return field.get_default(call_default_factory=True, validated_data={})


def required(model: type[Entry]) -> list[str]:
    """Return the names of the fields that an entry must have, without its id."""
    return [name for name, field in model.model_fields.items() if field.is_required() and name != "id"]


def limit(model: type[Entry], field: str, bound: str) -> int:
    """Return a bound of a field.

    Parameters
    ----------
    model : type of Entry
        The model of the field.
    field : str
        Its name.
    bound : str
        The bound's name in JSON Schema: "maxLength" or "maximum".
    """
    found: int = model.model_json_schema()["properties"][field][bound]
    return found


def text() -> str:
    """Return the whole file."""
    limits = {
        "lineChars": limit(AgendaEntry, "text", "maxLength"),
        "minutes": limit(AgendaEntry, "minutes", "maximum"),
        "notesChars": limit(NotesEntry, "text", "maxLength"),
    }
    # Without a session's own fields: only the server writes those.
    models = {kind: model for kind, model in ENTRIES.items() if kind != "session"}
    parts = (
        (
            "The value of each field that an entry may leave out, by kind of entry.",
            "ENTRY_DEFAULTS",
            {kind: defaults(model) for kind, model in models.items()},
        ),
        (
            "The fields that an entry must have beside its id, by kind of entry.",
            "REQUIRED_FIELDS",
            {kind: required(model) for kind, model in models.items()},
        ),
        ("The largest values: characters of a line, minutes, characters of the notes.", "LIMITS", limits),
    )
    written = (f"/** {told} */\nexport const {name} = {_literal(value)};\n" for told, name, value in parts)
    return "\n".join((HEAD, *written))


def _literal(value: object, indent: str = "") -> str:
    """Return a value in JavaScript: a mapping with one entry per line, other values as JSON."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    lines = (f"{indent}  {name}: {_literal(one, indent + '  ')}," for name, one in value.items())
    return "\n".join(("{", *lines, f"{indent}}}"))


def main() -> int:
    """Write the file, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="only check that the file is up to date")
    parser.add_argument("target", nargs="?", type=Path, default=TARGET)
    args = parser.parse_args()
    wanted = text()
    if not args.check:
        args.target.write_text(wanted, "utf-8")
        return 0
    if not args.target.exists() or args.target.read_text("utf-8") != wanted:
        print(f"{args.target.name} was made from other models: run `make lab`.")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
