"""Outside the sandbox the attacks succeed: an attack that never succeeds would prove nothing."""

from __future__ import annotations

import re

import pytest

from tests.security.attack_targets import ATTACKS
from tests.security.execution_modes import outside

_EXPECTED = re.compile(r"^# outside: (.*)$", re.MULTILINE)


def _reachable():
    for path in sorted(ATTACKS.glob("*.py")):
        found = _EXPECTED.search(path.read_text())
        if found and found[1] != "none":
            yield pytest.param(path.stem, re.compile(found[1]), id=path.stem)


@pytest.mark.parametrize(("attack", "expected"), list(_reachable()))
def test_attack_works_outside_of_the_sandbox(world, tmp_path, attack, expected):
    for name, target in {"link-file": world.files["key"], "link-folder": world.practice}.items():
        (tmp_path / name).symlink_to(target)
    outcome = outside(world, attack, tmp_path)
    said = [
        line.split(": ")[0].split(" ", 1)
        for line in outcome.lines
        if line.startswith(("REACHED ", "REFUSED ", "BROKEN "))
    ]
    reached = {text for word, text in said if word == "REACHED" and expected.search(text)}
    assert reached, outcome.text
    assert not outcome.attempts("BROKEN"), outcome.attempts("BROKEN")
