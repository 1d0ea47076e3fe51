"""What would be sent, for people to read."""

from pathlib import Path

import pytest

from crosslight.build import BuildConfig, prompt_names, shown_prompt
from crosslight.build.bank import Pattern, read_bank
from crosslight.build.prompts import prompt_hashes
from crosslight.build.roles.author import inspiration_for
from crosslight.build.two_photos import sent_hashes
from crosslight.build.wish import ScenarioHint, Wish
from crosslight.records import BadSetting, stable_id
from tests.build.scenes import picture


def test_every_prompt_is_shown_with_its_slots_filled() -> None:
    names = prompt_names()
    told = {name.removeprefix("build/") for name in names}
    assert told == {*prompt_hashes(), *(f"two_photos/{name}" for name in sent_hashes())} - {
        "two_photos/unsafe_photo"
    }
    for name in names:
        shown = shown_prompt(name)
        assert "{{" not in shown and "{%" not in shown and len(shown) > 200
        blind = ("build/text_alone", "build/name_scenario", "build/two_photos/alone")
        assert ("[the photo]" in shown) == (name not in blind)


def test_what_goes_out_with_two_photos_is_shown_with_two(tmp_path: Path) -> None:
    (tmp_path / "1.jpg").write_bytes(picture(1))
    shown = shown_prompt("build/two_photos/together", tmp_path / "1.jpg")
    assert shown.startswith("[1.jpg: a JPEG of ") and "[the other photo]" in shown
    assert "get the bathroom really white" in shown
    assert "[the other photo]" not in shown_prompt("build/two_photos/look")
    assert "it is a statement, so write a statement, of 7 to 17 words" in shown_prompt(
        "two_photos/twin"
    )


def test_a_photo_gets_the_cases_that_it_would_get_in_a_build(tmp_path: Path) -> None:
    for at in (1, 2):
        (tmp_path / f"{at}.jpg").write_bytes(picture(at))
    one, two = (shown_prompt("imagine", tmp_path / f"{at}.jpg") for at in (1, 2))
    assert one.startswith("[1.jpg: a JPEG of 160 x 120 pixels, ")
    assert one.count("Someone says:") == two.count("Someone says:") == 3
    assert one.split("CASES")[1] != two.split("CASES")[1]


@pytest.mark.parametrize("name", ["nope", "build/nope", "judge/rule", "../answer", ""])
def test_a_name_that_is_none_is_told_with_those_that_are(name: str) -> None:
    with pytest.raises(BadSetting, match="there is no prompt") as caught:
        shown_prompt(name)
    assert "build/imagine" in caught.value.hint


def test_what_is_no_picture_is_told(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no picture")
    with pytest.raises(BadSetting, match=r"notes\.txt"):
        shown_prompt("fits", tmp_path / "notes.txt")
    for none in (tmp_path, tmp_path / "missing.jpg"):
        with pytest.raises(BadSetting, match=none.name):
            shown_prompt("fits", none)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("alone_below", 1.5),
        ("fits_above", float("nan")),
        ("adds", float("nan")),
        ("adds", float("inf")),
        ("safe_below", 0.9),
    ],
)
def test_a_cut_off_that_is_none_is_refused(name: str, value: float) -> None:
    with pytest.raises(BadSetting, match=name):
        BuildConfig(**{name: value})  # type: ignore[arg-type]


def test_the_cases_of_a_photo_are_drawn_by_the_hash_of_both() -> None:
    """Another draw would be another question: all stored answers to it would be lost."""
    bank, wish = read_bank(), Wish("p", thin=(ScenarioHint("kitchen", "", ""),))

    def place(pattern: Pattern) -> tuple[bool, str]:
        said = stable_id("inspire", photo="a" * 64, pattern=pattern.id, seed=3)
        return pattern.scenario != "kitchen", said

    best: dict[str, Pattern] = {}
    for pattern in sorted((p for p in bank if not p.sensitive), key=place):
        best.setdefault(pattern.scenario, pattern)
    drawn = [case.pattern for case in inspiration_for("a" * 64, wish, bank, 3)]
    assert drawn == [pattern.id for pattern in best.values()][:3]
