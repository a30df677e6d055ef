"""rfc3987-syntax: the grammar that jsonschema loads."""

from __future__ import annotations

import subprocess
import sys

import jsonschema._format
import pytest

from tests.canary.signatures import mentions

pytestmark = pytest.mark.canary


def test_jsonschema_imports_it_and_it_builds_its_grammar(changed):
    assert mentions(jsonschema._format, "from rfc3987_syntax import is_valid_syntax"), changed(
        "jsonschema's import"
    )
    code = (
        "import sys, rfc3987_syntax as one; print('lark' in sys.modules, one.is_valid_syntax('iri', 'a:b'))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == ["True", "True"], changed("the building of the grammar at its import")
