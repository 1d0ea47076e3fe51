"""The manifest: the shipped one holds together, and a bad one is refused with words."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from crosslight.models.errors import BadSpec, Missing
from crosslight.models.fetch import read_manifest
from tests.models.fetch.book import entry, write_manifest

FILE = {"url": "file:///nowhere"}


def test_the_shipped_manifest() -> None:
    book = read_manifest()
    assert len(book.of_kind("photo")) >= 24
    assert {"efficientnet-lite0", "image-safety", "qwen2.5-coder-0.5b"} <= set(
        book.of_kind("model")
    )
    paths = [(e.kind, e.file) for e in book.files.values()]
    assert len(set(paths)) == len(paths)
    assert len({e.sha256 for e in book.files.values()}) == len(paths)
    for e in book.files.values():
        assert e.licence
        assert e.credit


def test_every_photo_has_a_pinned_wheel_and_open_terms() -> None:
    for name, e in read_manifest().of_kind("photo").items():
        assert all(p.sha256 for place in e.places for p in place.packages), name
        open_terms = ("CC0", "CC-BY-2.0", "public domain", "BSD", "no known", "free of", "released")
        assert e.licence.startswith(open_terms), f"{name}: {e.licence}"
        assert not {"NC", "SA", "ND"} & set(e.licence.split("-")), name
        assert e.about, name


def test_the_hub_comes_first_where_there_is_one() -> None:
    for e in read_manifest().files.values():
        assert [bool(place.hub) for place in e.places] == sorted(
            (bool(place.hub) for place in e.places), reverse=True
        )


def test_an_unknown_name_says_what_is_known() -> None:
    with pytest.raises(Missing) as caught:
        read_manifest().entry("gpt")
    assert "coffee" in caught.value.hint


@pytest.mark.parametrize(
    "change",
    [
        {"file": "../evil"},
        {"file": "a/b"},
        {"file": ".hidden"},
        {"sha256": "abc"},
        {"size": 0},
        {"places": []},
        {"places": [{}]},
        {"places": [FILE | {"hub": {"repo": "a/b", "file": "c"}}]},
        {"places": [{"url": "ftp://x/y"}]},
        {"places": [{"packages": [{"name": "--index-url=x", "version": "1", "members": ["a"]}]}]},
        {"places": [{"packages": [{"name": "a", "version": "1 --pre", "members": ["a"]}]}]},
        {"surprise": 1},
    ],
)
def test_a_bad_entry_is_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    path = write_manifest(tmp_path, thing=entry(b"x", FILE) | change)
    with pytest.raises(BadSpec, match="thing"):
        read_manifest(path)


def test_not_yaml(tmp_path: Path) -> None:
    path = tmp_path / "broken.yaml"
    path.write_text("{", encoding="utf-8")
    with pytest.raises(BadSpec, match=r"broken\.yaml"):
        read_manifest(path)
    path = tmp_path / "object.yaml"
    path.write_text(yaml.dump(Path("x")), encoding="utf-8")
    with pytest.raises(BadSpec):
        read_manifest(path)
