"""Stable ids."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.records import canonical, content_hash, stable_id

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_the_order_of_keys_does_not_matter(value: dict[str, object]) -> None:
    turned = dict(reversed(list(value.items())))
    assert canonical(value) == canonical(turned)
    assert canonical(json.loads(canonical(value))) == canonical(value)


def test_ids_differ_by_kind_and_by_every_part() -> None:
    ids = {
        stable_id("a", x=1),
        stable_id("b", x=1),
        stable_id("a", x=2),
        stable_id("a", y=1),
        stable_id("a", kind="b", x=1),
        stable_id("a"),
    }
    assert len(ids) == 6


def test_ids_are_the_same_on_every_machine() -> None:
    assert stable_id("sample", photo="p", text="grüß dich") == "306497151e5c886ab116588a"


def test_nan_is_refused() -> None:
    with pytest.raises(ValueError):
        stable_id("a", x=float("nan"))


def test_content_hash_is_sha256() -> None:
    assert content_hash(b"").startswith("e3b0c44298fc1c14")
