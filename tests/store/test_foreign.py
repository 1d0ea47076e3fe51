"""Names that other systems wrote: found where they are meant, never outside, never by a guess."""

from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crosslight.store import NoSuchFile, TwoFiles, find_file, local_path, same_name
from crosslight.store.foreign import bare_name

NFC, NFD = "caf\u00e9 \u00fcber.jpg", normalize("NFD", "caf\u00e9 \u00fcber.jpg")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    root = tmp_path / "in"
    (root / "imgs").mkdir(parents=True)
    (root / "imgs" / "cat.jpg").write_bytes(b"cat")
    (root / "imgs" / NFD).write_bytes(b"apart")
    return root


@pytest.mark.parametrize(
    "name",
    [
        "imgs/cat.jpg",
        "imgs\\cat.jpg",
        ".\\imgs\\cat.jpg",
        "imgs/cat.jpg ",
        "\u00a0imgs/cat.jpg\t",
        '"imgs/cat.jpg"',
        ' "imgs\\cat.jpg" ',
        "'imgs/cat.jpg'",
        "\u201cimgs/cat.jpg\u201d",
        "\u202aimgs\\cat.jpg",
        "\ufeffimgs/cat.jpg",
    ],
)
def test_what_another_system_wrote_is_found(folder: Path, name: str) -> None:
    assert find_file(folder, name).read_bytes() == b"cat"


@pytest.mark.parametrize("name", [f"imgs/{NFC}", f"imgs\\{NFC}", f'"imgs/{NFD}"'])
def test_both_unicode_forms_are_one_name(folder: Path, name: str) -> None:
    assert find_file(folder, name).read_bytes() == b"apart"


def test_folders_and_names_in_mixed_forms(tmp_path: Path) -> None:
    there = tmp_path / normalize("NFC", "\u00e9t\u00e9") / normalize("NFD", "na\u00efve")
    there.mkdir(parents=True)
    (there / "e\u0301-\u00e8.jpg").write_bytes(b"mixed")
    name = (
        normalize("NFD", "\u00e9t\u00e9")
        + "/"
        + normalize("NFC", "na\u00efve")
        + "/\u00e9-\u00e8.jpg"
    )
    assert find_file(tmp_path, name).read_bytes() == b"mixed"


def test_a_file_url_of_the_folder(folder: Path) -> None:
    for name in (folder.as_uri() + "/imgs/cat.jpg", f"file://localhost{folder}/imgs/c%61t.jpg"):
        assert find_file(folder, local_path(name)).read_bytes() == b"cat"


def test_the_name_as_it_stands_comes_first(folder: Path) -> None:
    (folder / "imgs\\cat.jpg").write_bytes(b"literal")
    (folder / "cat.jpg ").write_bytes(b"blank")
    (folder / "cat.jpg").write_bytes(b"none")
    assert find_file(folder, "imgs\\cat.jpg").read_bytes() == b"literal"
    assert find_file(folder, "cat.jpg ").read_bytes() == b"blank"
    (folder / "imgs" / NFC).write_bytes(b"composed")
    assert find_file(folder, f"imgs/{NFC}").read_bytes() == b"composed"
    assert find_file(folder, f"imgs/{NFD}").read_bytes() == b"apart"


def test_two_files_are_told_and_none_is_taken(folder: Path) -> None:
    (folder / "imgs\\cat.jpg").write_bytes(b"literal")
    with pytest.raises(TwoFiles, match=r"imgs/cat.jpg"):
        find_file(folder, '"imgs\\cat.jpg"')
    one, other = "\u00e9e\u0301.jpg", "e\u0301\u00e9.jpg"
    for name in (one, other):
        (folder / name).write_bytes(name.encode())
    with pytest.raises(TwoFiles):
        find_file(folder, "\u00e9\u00e9.jpg")


@pytest.mark.parametrize(
    ("name", "cause", "retryable"),
    [
        ("C:\\Users\\me\\cat.jpg", "a Windows path", False),
        ('"D:/photos/cat.jpg"', "a Windows path", False),
        ("\\\\server\\share\\cat.jpg", "a network path", False),
        ("/Users/me/none.jpg", "an absolute path", True),
        ("imgs/CAT.JPG", "'cat.jpg': capital and small", True),
        ("imgs/dog.jpg", "no such file", True),
    ],
)
def test_the_likely_cause_is_named(folder: Path, name: str, cause: str, retryable: bool) -> None:
    with pytest.raises(NoSuchFile) as caught:
        find_file(folder, name)
    assert cause in caught.value.hint
    assert caught.value.retryable == retryable


def test_no_folder_outside_is_listed(folder: Path) -> None:
    (folder.parent / NFD).write_bytes(b"secret")
    with pytest.raises(NoSuchFile):
        find_file(folder, f"..\\{NFC}")
    (folder / "out").symlink_to(folder.parent)
    with pytest.raises(NoSuchFile):
        find_file(folder, f"out/{NFC}")


@given(st.text(max_size=12))
def test_a_bare_name_is_bare(name: str) -> None:
    assert bare_name(f' "{bare_name(name)}" ') == bare_name(name) or not bare_name(name)


def test_names_of_two_tables_meet() -> None:
    names = [
        "imgs/caf\u00e9.jpg",
        "imgs\\cafe\u0301.jpg",
        ' "./imgs/caf\u00e9.jpg"',
        "imgs\\\\caf\u00e9.jpg",
    ]
    assert len({same_name(name) for name in names}) == 1
    assert same_name("a/b.jpg") != same_name("a/B.jpg")
