"""The reader of frozen graphs, with tiny ones of our own and with ugly ones."""

import hashlib
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.models.embedded import frozen
from crosslight.models.embedded.frozen import parse_frozen, read_frozen
from crosslight.models.embedded.weights import BadWeights
from tests.models.embedded.graph_def import const, field, tensor, varint


def every(_: str) -> bool:
    return True


SMALL = const("a/weights", tensor((2, 2), (1, 2, 3, 4))) + field(2, b"")


@pytest.mark.parametrize("how", ["content", "packed", "single"])
def test_numbers_in_all_three_places(how: str) -> None:
    (got,) = parse_frozen(const("w", tensor((2, 3), range(6), how=how)), every).values()
    assert got.dtype == np.float32
    assert got.tolist() == [[0, 1, 2], [3, 4, 5]]


def test_small_and_empty_tensors_are_kept() -> None:
    graph = const("one", tensor((), (7,), how="single")) + const("none", tensor((0,), ()))
    graph += const("alike", tensor((3,), (2,)))
    got = parse_frozen(graph, every)
    assert got["one"].shape == ()
    assert got["none"].shape == (0,)
    assert got["alike"].tolist() == [2, 2, 2]


def test_only_wanted_constants_are_read() -> None:
    broken = const("other", field(1, 3) + field(2, b""))  # of another type: not looked at
    graph = SMALL + broken + const("a/weights_copy", b"", op="Identity") + field(4, varint(1))
    assert list(parse_frozen(graph, lambda name: name.startswith("a/"))) == ["a/weights"]
    assert parse_frozen(b"", every) == {}


UGLY = {
    "truncated": SMALL[:-20],
    "half a number": b"\x80",
    "an endless number": b"\xff" * 11,
    "a length beyond the end": varint(1 << 3 | 2) + varint(1 << 62) + b"x",
    "a group": varint(1 << 3 | 3),
    "a node that is a number": field(1, 5),
    "a tensor that is a number": field(
        1,
        field(1, b"w") + field(2, b"Const") + field(5, field(1, b"value") + field(2, field(8, 1))),
    ),
    "no tensor": field(1, field(1, b"w") + field(2, b"Const")),
    "too few numbers": const("w", tensor((2, 2), (1, 2, 3))),
    "too many numbers": const("w", tensor((2,), (1, 2, 3))),
    "a huge shape with one number": const("w", tensor((1 << 20, 1 << 20), (1,))),
    "a size that overflows": const("w", tensor((1 << 63,), (1,))),
    "a high rank": const("w", tensor((1,) * 9, (1,))),
    "not a number": const("w", tensor((1,), (float("nan"),))),
    "infinite": const("w", tensor((2,), (1, float("inf")))),
    "another type": const("w", field(1, 3) + field(4, b"1234")),
    "half a float": const("w", field(1, 1) + field(4, b"12345")),
    "twice the same name": SMALL + SMALL,
}


@pytest.mark.parametrize("ugly", UGLY.values(), ids=UGLY.keys())
def test_ugly_graphs_are_refused(ugly: bytes) -> None:
    with pytest.raises(BadWeights, match="frozen graph refused"):
        parse_frozen(ugly, every)


@given(st.binary(max_size=60) | st.integers(0, len(SMALL)).map(lambda n: SMALL[:n] + b"\xff"))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(BadWeights):
        assert isinstance(parse_frozen(data, every), dict)


def test_a_file_is_hashed_and_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.pb"
    path.write_bytes(SMALL)
    good = hashlib.sha256(SMALL).hexdigest()
    assert list(read_frozen(path, good, every)) == ["a/weights"]
    with pytest.raises(BadWeights, match="hash"):
        read_frozen(path, "0" * 64, every)
    monkeypatch.setattr(frozen, "MAX_BYTES", 10)
    with pytest.raises(BadWeights, match="more than 10"):
        read_frozen(path, good, every)


def test_a_graph_of_too_many_nodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "MAX_NODES", 3)
    with pytest.raises(BadWeights, match="nodes"):
        parse_frozen(field(1, b"") * 4, every)


def test_constants_that_are_too_large_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frozen, "MAX_FLOATS", 10)
    graph = const("a", tensor((6,), (1,))) + const("b", tensor((6,), (1,)))
    with pytest.raises(BadWeights, match="more than 10 numbers"):
        parse_frozen(graph, every)
