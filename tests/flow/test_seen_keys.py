"""Which calls were counted."""

import sys

import pytest

from crosslight.flow import seen_keys
from crosslight.flow.ledger import Ledger
from crosslight.flow.seen_keys import SeenKeys
from crosslight.records import content_hash
from crosslight.store import OK, Record


def keys(n: int) -> list[str]:
    return [content_hash(b"%d" % at) for at in range(n)]


def test_each_key_is_new_once_however_many_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen_keys, "FRESH", 16)
    seen, many = SeenKeys(), keys(100)
    assert [seen.add(key) for key in many] == [True] * 100
    assert [seen.add(key) for key in reversed(many)] == [False] * 100
    assert len(seen) == 100 and many[3] in seen and content_hash(b"other") not in seen
    for edge in ("0" * 64, "f" * 64):
        assert seen.add(edge) and not seen.add(edge) and edge in seen


def test_a_key_costs_a_few_bytes() -> None:
    seen = SeenKeys()
    for key in keys(2 * seen_keys.FRESH):
        seen.add(key)
    held = seen._sorted.nbytes + sys.getsizeof(seen._fresh)
    assert len(seen) == 2 * seen_keys.FRESH and held < 10 * len(seen)


def test_what_is_counted_once_stays_counted_once() -> None:
    ledger = Ledger()
    for _ in range(2):
        for key in keys(3):
            ledger.used.add(Record(key, "t", "m", OK, prompt_tokens=5))
            ledger.reasons("m", key)
            ledger.unwrap("m", key)
    told = ledger.as_json()
    assert told["answers"]["calls"] == 3 and told["answers"]["tokens"]["prompt"] == 15
    assert told["reasoning_traces"] == told["json_unwrapped"] == {"m": 3}
