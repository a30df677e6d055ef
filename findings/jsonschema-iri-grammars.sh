#!/bin/sh
# jsonschema 4.26.0 with rfc3987-syntax 1.1.0 (lark 1.3.1), as jupyter-events 0.12.1 asks for both, Python 3.11: the
# import of jsonschema builds a parser for every rule of RFC 3987, whether or not a schema has the format "iri".
#
# jupyter-events depends on `jsonschema[format-nongpl]`, which brings rfc3987-syntax. jsonschema imports each installed
# checker of an optional format when it is itself imported, and rfc3987-syntax makes all its parsers at its import, one
# Lark grammar for each rule. Each process that reads a notebook (nbformat imports jsonschema) or serves JupyterLab pays
# for it, with a second or two at its start. No schema of nbformat or of jupyter-events has the format.
#
# Seen:
#   parsers built by `import jsonschema`: 39
#   parsers built without rfc3987-syntax: 0
#   schemas with the format "iri" in jupyter-events and nbformat: 0
set -eu
self=$(realpath "$0")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
"${PYTHON:-python3}" -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check \
    jsonschema==4.26.0 rfc3987-syntax==1.1.0 lark==1.3.1 jupyter-events==0.12.1 nbformat==5.11.1
cat >tried.py <<'PYTHON'
import re
import sys
from importlib.util import find_spec
from pathlib import Path

import lark

if sys.argv[1] == "without":
    sys.modules["rfc3987_syntax"] = None
built = []
make = lark.Lark.__init__
lark.Lark.__init__ = lambda self, grammar, **options: (built.append(grammar), make(self, grammar, **options))[1]
import jsonschema  # noqa: E402,F401

if sys.argv[1] == "with":
    print("parsers built by `import jsonschema`:", len(built))
else:
    print("parsers built without rfc3987-syntax:", len(built))
    found = [
        path
        for name in ("jupyter_events", "nbformat")
        for path in Path(find_spec(name).origin).parent.rglob("*")
        if path.suffix in {".json", ".yml", ".yaml"}
        and re.search(r"""["']?format["']?\s*:\s*["']?iri""", path.read_text())
    ]
    print('schemas with the format "iri" in jupyter-events and nbformat:', len(found))
PYTHON
{ venv/bin/python tried.py with && venv/bin/python tried.py without; } | tee seen.txt
sed -n '/^# Seen/,/^set/s/^#   //p' "$self" >expected.txt
cmp expected.txt seen.txt || { echo "It is otherwise now." >&2; exit 1; }
