"""A gradebook that we create is the same as one that nbgrader creates."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

FOUND = {
    "ours": "from toolkit.exercises.nbgrader_worker.gradebook_database import create_tables; "
    "create_tables(sys.argv[1])",
    "theirs": "from nbgrader.api import Gradebook; Gradebook(sys.argv[1], '').close()",
}


def schema(path):
    with closing(sqlite3.connect(path)) as db:
        tables = db.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()
        return tables, db.execute("SELECT version_num FROM alembic_version").fetchall()


def test_it_is_the_same_as_nbgraders(tmp_path):
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    for name, source in FOUND.items():
        url = f"sqlite:///{tmp_path / name}"
        line = [sys.executable, "-c", f"import sys; {source}", url]
        subprocess.run(line, check=True, env={**os.environ, "PATH": path})
        # A second time changes nothing.
        subprocess.run(line, check=True, env={**os.environ, "PATH": path})
    assert schema(tmp_path / "ours") == schema(tmp_path / "theirs")
