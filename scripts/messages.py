"""Update the catalogues: add new messages, remove old ones, compile the binary file.

Prints the messages without a translation. `--check` changes nothing, and exits with 1 if something would
change.

See docs/decisions/0004-compiled-messages.md.
"""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog, Message, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
PO = ROOT / "toolkit/locale/fr/LC_MESSAGES/mentoring.po"
MO = PO.with_suffix(".mo")
KEYWORDS = {"_": None, "N_": None, "ngettext": (1, 2)}
FIELD = re.compile(r"\{[^{}]*\}")
GENERATOR = re.compile(r"^Generated-By: .*\n?", re.MULTILINE)


class Unsigned(Catalog):
    """A catalogue whose header does not name Babel's version, so that every version writes the same bytes."""

    def __iter__(self) -> Iterator[Message]:
        """Yield the header and the messages, as Babel does when it writes them."""
        for message in super().__iter__():
            if not message.id:
                message.string = GENERATOR.sub("", str(message.string))
            yield message


def current() -> Unsigned:
    """Return the French catalogue as the repository has it."""
    with PO.open("rb") as stream:
        found = read_po(stream, locale="fr", domain="mentoring")
    catalogue = Unsigned(locale="fr", domain="mentoring")
    for message in found:
        catalogue[message.id] = message
    catalogue.header_comment = found.header_comment
    return catalogue


def extracted() -> Catalog:
    """Return every message in the code."""
    catalogue = Catalog(domain="mentoring")
    for path in sorted((ROOT / "toolkit").rglob("*.py")):
        if "node_modules" in path.parts:
            continue
        name = str(path.relative_to(ROOT))
        with path.open("rb") as stream:
            for _line, message, _comments, _context in extract.extract("python", stream, keywords=KEYWORDS):
                # No line numbers: they would change with every edit.
                catalogue.add(message, locations=[(name, None)])
    return catalogue


def problems(catalogue: Catalog) -> list[str]:
    """Return messages that are missing, fuzzy, or have other fields than the English."""
    found = []
    for message in catalogue:
        if not message.id:
            continue
        originals = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        if message.fuzzy or not all(texts):
            found.append(f"not translated: {originals[0]!r}")
        elif any(set(FIELD.findall(text)) - set(FIELD.findall(" ".join(originals))) for text in texts):
            found.append(f"a field that the English does not have: {originals[0]!r}")
        elif not set(FIELD.findall(originals[-1])) <= set(FIELD.findall(texts[-1])):
            found.append(f"a field is missing: {originals[0]!r}")
    return found


def main() -> int:
    """Update, or check."""
    check = "--check" in sys.argv
    catalogue = current()
    before = {message.id: message.string for message in catalogue if message.id}
    catalogue.update(extracted(), no_fuzzy_matching=True, update_creation_date=False)
    catalogue.obsolete.clear()
    after = {message.id: message.string for message in catalogue if message.id}
    text, binary = io.BytesIO(), io.BytesIO()
    write_po(text, catalogue, sort_output=True, ignore_obsolete=True, width=100)
    write_mo(binary, catalogue)
    found = problems(catalogue)
    if check:
        found += [f"not in the catalogue: {name!r}" for name in set(after) - set(before)]
        found += [f"no longer in the code: {name!r}" for name in set(before) - set(after)]
        if not MO.exists() or MO.read_bytes() != binary.getvalue():
            found.append(f"{MO.name} is not what {PO.name} makes: run `make messages`")
    else:
        PO.write_bytes(text.getvalue())
        MO.write_bytes(binary.getvalue())
    print("\n".join(sorted(found)) or f"{len(after)} messages, all translated")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
