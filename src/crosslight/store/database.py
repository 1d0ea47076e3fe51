"""Opening the SQLite file of the answer store, and saying clearly why it cannot be opened."""

import os
import re
import sqlite3
import time
from importlib import resources
from pathlib import Path

from crosslight.store.atomic import private_folder
from crosslight.store.errors import StoreError

SCHEMA_VERSION = 1
BUSY_SECONDS = 60.0
MOST_ROW_BYTES = 64 << 20
_TABLES = ("answers", "faults")
_LEFT_BY_SQLITE = re.compile(r"sqlite_stat[0-9]|lost_and_found(_[0-9]+)?")
"""Tables that `ANALYZE` and `.recover` leave; nothing of ours asks them."""


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """A connection in WAL mode with `synchronous=FULL`. Raises `StoreError`.

    The connection may be used by any thread, by one at a time.
    """
    try:
        # Questions and answers are nobody else's on a shared machine; SQLite gives the files
        # beside it the rights of this one.
        private_folder(path.parent)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600))
        # Autocommit: transactions are begun and ended by hand.
        db = sqlite3.connect(
            path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
        )
    except (OSError, sqlite3.Error) as error:
        raise unreadable(path, error) from error
    try:
        _prepare(db, path)
        if read_only:
            db.execute("PRAGMA query_only=ON")
    except sqlite3.Error as error:
        db.close()
        raise unreadable(path, error) from error
    except StoreError:
        db.close()
        raise
    return db


def unreadable(path: Path, error: Exception) -> StoreError:
    """A person's error from SQLite's or the system's."""
    text = str(error)
    if "not a database" in text or "malformed" in text or "corrupt" in text:
        return StoreError(
            f"the answer store {path} is damaged ({text})",
            hint=f"move it away and run again (the answers in it are asked anew), or rescue it: "
            f"sqlite3 {path.name} .recover | sqlite3 rescued.sqlite",
        )
    if "locked" in text or "busy" in text:
        return StoreError(
            f"the answer store {path} is held by another process ({text})",
            hint="end the other run, or give this one its own store with --store",
        )
    return StoreError(
        f"the answer store {path} cannot be used ({text})",
        hint="check that the folder is on a local disk, writable and not full",
    )


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    # A store may come from somebody else: nothing that its schema says is run.
    db.execute("PRAGMA trusted_schema=OFF")
    db.execute("PRAGMA cell_size_check=ON")
    db.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MOST_ROW_BYTES)
    version = int(db.execute("PRAGMA user_version").fetchone()[0])
    if version > SCHEMA_VERSION:
        raise StoreError(
            f"the answer store {path} has version {version}; this Crosslight reads "
            f"{SCHEMA_VERSION}",
            hint="upgrade Crosslight, or name another store with --store",
        )
    _refuse_foreign(db, path)
    _switch_to_wal(db)
    db.execute("PRAGMA synchronous=FULL")
    if version < SCHEMA_VERSION:
        _create(db, path)


def _refuse_foreign(db: sqlite3.Connection, path: Path) -> None:
    """Raises `StoreError` for what no store of ours has: a trigger, a view, an index or table of
    its own, columns other than ours (a generated one or a default would compute an answer)."""
    for kind, name, sql in db.execute("SELECT type, name, sql FROM sqlite_master"):
        mine = kind == "table" and name in _TABLES
        # SQLite's own index of a PRIMARY KEY has no text of its own.
        left = kind == "table" and _LEFT_BY_SQLITE.fullmatch(str(name))
        if not mine and not (kind == "index" and sql is None) and not left:
            raise _foreign(path, f"it has the {kind} {str(name)[:60]!r}")
        if mine and _plain(sql) != _plain(_statements()[name]):
            raise _foreign(path, f"its table {name} is another one")


def _foreign(path: Path, why: str) -> StoreError:
    return StoreError(
        f"{path} is a SQLite file, but not an answer store: {why}",
        hint="a store is trusted like code: use only your own; name another one with --store",
    )


def _statements() -> dict[str, str]:
    """Our statements by the table that they make."""
    found = re.findall(r"CREATE TABLE IF NOT EXISTS (\w+) (\(.*?\n\));", _script(), re.DOTALL)
    return {name: f"CREATE TABLE {name} {body}" for name, body in found}


def _plain(sql: object) -> str:
    """A statement without comments and layout, and without the words that SQLite does not keep."""
    text = re.sub(r"--[^\n]*", "", str(sql)).replace("IF NOT EXISTS ", "")
    return re.sub(r"\s+", "", text).casefold()


def _script() -> str:
    return resources.files("crosslight.store").joinpath("schema.sql").read_text("utf-8")


def _switch_to_wal(db: sqlite3.Connection) -> None:
    """SQLite does not wait for a lock when it changes the journal mode, so we do."""
    deadline = time.monotonic() + BUSY_SECONDS
    while True:
        try:
            if db.execute("PRAGMA journal_mode=WAL").fetchone()[0] in ("wal", "memory"):
                return
            raise sqlite3.OperationalError("the file system does not allow WAL mode")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _create(db: sqlite3.Connection, path: Path) -> None:
    script = _script()
    db.execute("BEGIN IMMEDIATE")
    try:
        # Another process may have made the tables while this one waited for the lock.
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
        tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master")}
        if version == 0 and tables:
            raise StoreError(
                f"{path} is a SQLite file, but not an answer store",
                hint="name another file with --store",
            )
        for statement in script.split(";\n"):
            if statement.strip():
                db.execute(statement)
        db.execute(f"PRAGMA user_version={SCHEMA_VERSION}")
        db.execute("COMMIT")
    except BaseException:
        db.execute("ROLLBACK")
        raise
