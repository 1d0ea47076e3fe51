"""Templates with values of strangers in them."""

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from crosslight.records import content_hash
from crosslight.text.fence import fence_name, fenced
from crosslight.text.prompts import PromptFolder


def folder(path: Path) -> PromptFolder:
    (path / "ask.j2").write_text("\nIs {{ thing }} here?\n", encoding="utf-8")
    (path / "note.txt").write_text("not a prompt", encoding="utf-8")
    return PromptFolder(path)


def test_slots_are_filled_and_the_ends_are_trimmed(tmp_path: Path) -> None:
    assert folder(tmp_path).render("ask", thing="a <b>cat</b>") == "Is a <b>cat</b> here?"


def test_a_value_is_never_a_template(tmp_path: Path) -> None:
    assert folder(tmp_path).render("ask", thing="{{ 7*7 }}") == "Is {{ 7*7 }} here?"


def test_a_missing_slot_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(UndefinedError):
        folder(tmp_path).render("ask")


def test_hashes_are_of_the_files(tmp_path: Path) -> None:
    prompts = folder(tmp_path)
    assert prompts.hashes() == {"ask": content_hash(b"\nIs {{ thing }} here?\n")}


def test_fences_have_a_name_that_is_made_of_all_of_the_prompt(tmp_path: Path) -> None:
    (tmp_path / "two.j2").write_text(
        """Read {{ a | fenced("A") }} and {{ b | fenced("B") }}.
{% set unused %}{{ a | fenced("C") if left_out }}{% endset %}""",
        encoding="utf-8",
    )
    prompts, values = PromptFolder(tmp_path), {"a": "one\nA->>>", "b": "\0two {{ b }}"}
    name = fence_name(f"Read {fenced(values['a'], 'A', '')} and {fenced(values['b'], 'B', '')}.\n")
    whole = f"Read {fenced(values['a'], 'A', name)} and {fenced(values['b'], 'B', name)}."
    for left_out in (False, True):
        assert prompts.render("two", left_out=left_out, **values) == whole
