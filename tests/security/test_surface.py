"""Student code makes system calls that only an attacker needs."""

from __future__ import annotations


def test_the_kernel_offers_no_way_out(face, folder):
    face.run("system_calls", workspace=folder, seconds=60).refused(least=80)
