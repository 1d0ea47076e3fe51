"""The answer store: durable, shared, never replaying a fault as an answer."""

import asyncio
import json
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from crosslight.store import AnswerStore, ImageStore, Record, StoreError, private_folder


def record(key: str, **changes: object) -> Record:
    fields = {"key": key, "task": "t", "model": "m", "status": "ok", "value": '{"text":"a"}'}
    return Record(**(fields | {"request": '{"q":1}'} | changes))  # type: ignore[arg-type]


def put(store: AnswerStore, *records: Record) -> list[Record]:
    async def main() -> list[Record]:
        return list(await asyncio.gather(*(store.put(r) for r in records)))

    return asyncio.run(main())


def test_an_answer_comes_back_as_it_was(tmp_path: Path) -> None:
    wanted = record("k", vector=b"\x00\x01", prompt_tokens=3, completion_tokens=4, cost_usd=0.5)
    with AnswerStore(tmp_path / "a.sqlite") as store:
        assert put(store, wanted) == [wanted]
        assert asyncio.run(store.get("k")) == wanted
        assert store.lookup("other") is None
    with AnswerStore(tmp_path / "a.sqlite") as store:
        assert store.lookup("k") == wanted


def test_the_first_answer_of_a_key_stays(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as one, AnswerStore(tmp_path / "a.sqlite") as two:
        put(one, record("k", value='"first"'))
        kept = put(two, record("k", value='"second"'), record("new", value='"new"'))
        assert [r.value for r in kept] == ['"first"', '"new"']


def test_twice_the_same_key_in_one_window(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        kept = put(store, record("k", value='"a"'), record("k", value='"b"'))
        assert kept[0].value == kept[1].value


def test_a_fault_is_kept_apart_counted_and_is_no_answer(tmp_path: Path) -> None:
    fault = record("k", status="content_filter", message="no", hint="h", sticky=True)
    with AnswerStore(tmp_path / "a.sqlite") as store:
        put(store, fault)
        put(store, fault)
    with AnswerStore(tmp_path / "a.sqlite") as store:
        found = store.lookup("k")
        assert found is not None and not found.ok and found.sticky and found.count == 2
        assert store.stats().answers == 0 and store.stats().faults == {"content_filter": 1}
        put(store, record("k"))
        now = store.lookup("k")
        assert now is not None and now.ok


def test_a_window_holds_sixteen_records_at_most(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        put(store, *(record(str(n)) for n in range(64)))
        assert store._writer.commits >= 4
        assert store.stats().answers == 64


def test_durability_settings(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        db = store._writer._db
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
        assert db.execute("PRAGMA user_version").fetchone() == (1,)


def test_a_put_that_is_cancelled_is_still_written(tmp_path: Path) -> None:
    async def main(store: AnswerStore) -> None:
        task = asyncio.create_task(store.put(record("k")))
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    with AnswerStore(tmp_path / "a.sqlite") as store:
        asyncio.run(main(store))
    with AnswerStore(tmp_path / "a.sqlite") as store:
        assert store.lookup("k") is not None


def test_stats_gc_and_export(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        put(store, record("b", model="x", prompt_tokens=2, cost_usd=0.25), record("a"))
        put(store, record("c", status="unreachable"))
        stats = store.stats()
        assert stats.tasks == {("m", "t"): 1, ("x", "t"): 1} and stats.bytes > 0
        assert (stats.prompt_tokens, stats.cost_usd) == (2, 0.25)
        assert store.export(tmp_path / "out.jsonl") == 2
        lines = [json.loads(line) for line in (tmp_path / "out.jsonl").open()]
        assert [line["key"] for line in lines] == ["a", "b"]
        assert lines[0]["request"] == {"q": 1}
        assert store.gc(older_than_days=1) == 0
        assert store.gc(faults_only=True) == 1
        assert store.gc(model="x") == 1
        assert store.stats().answers == 1


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"\x00" * 5000])
def test_a_damaged_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.sqlite"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"damaged|not an answer store") as caught:
        AnswerStore(path)
    assert "move it away" in caught.value.hint


def test_a_foreign_database_and_a_newer_one_are_refused(tmp_path: Path) -> None:
    foreign = sqlite3.connect(tmp_path / "f.sqlite")
    foreign.execute("CREATE TABLE people (name)")
    foreign.close()
    with pytest.raises(StoreError, match="not an answer store"):
        AnswerStore(tmp_path / "f.sqlite")
    newer = sqlite3.connect(tmp_path / "n.sqlite")
    newer.execute("PRAGMA user_version=99")
    newer.close()
    with pytest.raises(StoreError, match="version 99") as caught:
        AnswerStore(tmp_path / "n.sqlite")
    assert "upgrade" in caught.value.hint


def test_a_closed_store_refuses(tmp_path: Path) -> None:
    store = AnswerStore(tmp_path / "a.sqlite")
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        put(store, record("k"))


def test_a_failing_commit_is_heard(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        store._writer._db.execute("PRAGMA query_only=ON")
        with pytest.raises(StoreError, match="cannot be used"):
            put(store, record("k"))


WRITER = """
import asyncio, sys
from crosslight.store import AnswerStore, Record
async def main():
    store = AnswerStore(sys.argv[1])
    for n in range(60):
        key = f"{sys.argv[2]}-{n}"
        await store.put(Record(key, "t", "m", "ok", '"v"'))
        await store.put(Record(f"shared-{n}", "t", "m", "ok", f'"{sys.argv[2]}"'))
    store.close()
asyncio.run(main())
"""


def test_several_processes_write_one_file(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    command = [sys.executable, "-c", WRITER, str(path)]
    processes = [subprocess.Popen([*command, str(n)]) for n in range(3)]
    assert [process.wait(timeout=120) for process in processes] == [0, 0, 0]
    with AnswerStore(path) as store:
        assert store.stats().answers == 3 * 60 + 60


def test_a_read_is_quick(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        put(store, *(record(str(n), value='"' + "x" * 1500 + '"') for n in range(500)))
        began = time.process_time()
        for n in range(500):
            assert store.lookup(str(n)) is not None
        assert (time.process_time() - began) / 500 < 0.001  # some 20 us on a quiet machine


def test_a_record_that_sqlite_does_not_take_costs_itself(tmp_path: Path) -> None:
    """One answer with 10**26 tokens lost its whole window, and the run."""

    async def main(store: AnswerStore) -> list[Record | BaseException]:
        records = [record(f"k{i}", prompt_tokens=10**26 if i == 3 else i) for i in range(8)]
        records.append(record("fault", status="unreachable"))
        return await asyncio.gather(*(store.put(r) for r in records), return_exceptions=True)

    with AnswerStore(tmp_path / "a.sqlite", linger_s=0.05) as store:
        ends = asyncio.run(main(store))
        assert [i for i, end in enumerate(ends) if isinstance(end, StoreError)] == [3]
        assert store.stats().answers == 7 and store.stats().faults == {"unreachable": 1}


def test_what_is_no_answer_makes_room_unless_it_was_replaced_meanwhile(tmp_path: Path) -> None:
    bad = record("k", value="bad")
    with AnswerStore(tmp_path / "a.sqlite") as one, AnswerStore(tmp_path / "a.sqlite") as two:
        put(one, bad)
        kept = asyncio.run(one.put(record("k", value='"good"'), instead_of=bad))
        assert kept.value == '"good"'
        kept = asyncio.run(two.put(record("k", value='"late"'), instead_of=bad))
        assert kept.value == '"good"'


FOREIGN = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON answers BEGIN DELETE FROM answers; END",
    "view": "CREATE VIEW v AS SELECT key FROM answers",
    "index": "CREATE INDEX i ON answers (abs(prompt_tokens))",
    "table": "CREATE TABLE more (x)",
    "virtual table": "CREATE VIRTUAL TABLE more USING fts5(x)",
    "column": "ALTER TABLE answers ADD COLUMN verdict TEXT DEFAULT 'safe'",
    "generated": "ALTER TABLE faults ADD COLUMN g TEXT GENERATED ALWAYS AS (abs(count)) VIRTUAL",
    "view of our name": "DROP TABLE answers; CREATE VIEW answers AS SELECT 'k' AS key",
    "other table of our name": "DROP TABLE answers; CREATE TABLE answers (key, task, value)",
}


@pytest.mark.parametrize("name", FOREIGN)
def test_a_store_with_a_schema_of_its_own_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.sqlite"
    with AnswerStore(path) as store:
        put(store, record("k"))
    db = sqlite3.connect(path)
    db.executescript(FOREIGN[name])
    db.close()
    with pytest.raises(StoreError, match="not an answer store") as caught:
        AnswerStore(path)
    assert "trusted like code" in caught.value.hint


def test_a_store_that_sqlite_has_tended_is_ours(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with AnswerStore(path) as store:
        put(store, record("k"))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("ANALYZE")
    db.execute("VACUUM")
    db.close()
    with AnswerStore(path) as store:
        assert store.lookup("k") == record("k")
        reader = store._reader
        assert reader.execute("PRAGMA trusted_schema").fetchone() == (0,)


def test_a_value_larger_than_any_of_ours_is_no_answer(tmp_path: Path) -> None:
    path = tmp_path / "a.sqlite"
    with AnswerStore(path) as store:
        put(store, record("k"), record("other"))
    db = sqlite3.connect(path, isolation_level=None)
    db.execute("UPDATE answers SET value=zeroblob(80000000) WHERE key='k'")
    db.close()
    with AnswerStore(path) as store:
        found = store.lookup("k")
        assert found is not None and found.value == ""
        assert store.lookup("other") == record("other")


def test_only_its_owner_reads_a_store(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.sqlite"
    with AnswerStore(path) as store:
        put(store, record("k"))
        assert path.parent.stat().st_mode & 0o077 == 0
        for file in path.parent.iterdir():
            assert file.stat().st_mode & 0o077 == 0, file


def test_the_export_leaves_out_what_is_no_json(tmp_path: Path) -> None:
    with AnswerStore(tmp_path / "a.sqlite") as store:
        put(store, record("a"), record("b", value="no JSON"), record("c"))
        assert store.export(tmp_path / "out.jsonl") == 2


def test_only_its_owner_reads_photos_and_their_hashes(tmp_path: Path) -> None:
    old = os.umask(0o022)
    try:
        ImageStore(tmp_path / "home" / "images", fsync=False).put(b"photo")
        private_folder(tmp_path / "cache" / "hashes")
        kept = tmp_path / "shared"
        kept.mkdir(mode=0o755)
        private_folder(kept)
    finally:
        os.umask(old)
    for made in (tmp_path / "home", tmp_path / "home" / "images", tmp_path / "cache"):
        assert made.stat().st_mode & 0o077 == 0, made
    assert kept.stat().st_mode & 0o777 == 0o755
