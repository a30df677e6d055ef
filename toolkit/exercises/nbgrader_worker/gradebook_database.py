"""Creates the database of a gradebook."""

from __future__ import annotations

from alembic.script import ScriptDirectory
from nbgrader.api import Base
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy import create_engine, inspect, text

__all__ = ["create_tables"]


def create_tables(db_url: str) -> None:
    """Create the tables and the schema version of a new gradebook; an existing one stays unchanged.

    nbgrader would create them itself, but starts a process of two seconds to read the schema version.
    """
    engine = create_engine(db_url)
    try:
        if inspect(engine).get_table_names():
            return
        with engine.begin() as connection:
            Base.metadata.create_all(connection)
            connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) NOT NULL)"))
            connection.execute(
                text("INSERT INTO alembic_version VALUES (:head)"),
                {"head": ScriptDirectory(ALEMBIC_DIR).get_current_head()},
            )
    finally:
        engine.dispose()
