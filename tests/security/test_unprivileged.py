"""The same attacks again, with an ordinary user's rights."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repeats import is_full
from tests.security.unprivileged import again

HERE = Path(__file__).parent
# The sandbox is made in another way without root. What a session's server answers is the same for both:
# of the attacks on that, the one by its kernel is run again.
PARTS = {
    "processes": (["test_processes.py"], 90),
    "files": (["test_read.py", "test_write.py", "test_network.py", "test_surface.py"], 40),
    "protocol": (["test_protocol.py"], 40),
    "live": (["test_live.py", "live/reach/test_kernel.py::test_the_kernel_sees_nothing_of_the_server"], 10),
}
# Who reads forged frames is not in the sandbox, and reads them in one way: these are run again in full only.
READERS = "forged_frame or garbled or forger or memory_of_the_client"


def test_every_file_is_in_a_part():
    named = {file for files, _least in PARTS.values() for file in files}
    assert {path.name for path in HERE.glob("test_*.py")} - named == {
        "test_unprivileged.py",
        "test_outside.py",
    }


@pytest.mark.parametrize("part", PARTS)
def test_as_an_ordinary_user(part):
    files, least = PARTS[part]
    left_out = () if is_full() else ("-k", f"not ({READERS})")
    again(*(HERE / file for file in files), least=least, options=left_out)
