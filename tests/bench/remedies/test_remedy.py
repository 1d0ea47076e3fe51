"""Remedies as messages, and those in the decoding where there is no decoding to change."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from crosslight import models
from crosslight.bench.prompts import render
from crosslight.bench.remedies import REMEDIES, RemediedBackend, remedy
from crosslight.flow import run_main
from crosslight.models.errors import NotSupported
from crosslight.models.fake.model import FakeModel
from crosslight.models.message import user
from crosslight.models.protocol import Request
from crosslight.records.errors import BadSetting
from tests.bench.small import By, items, number, run


def test_a_prompt_goes_before_the_text_or_into_the_system_turn() -> None:
    asked = [user("the question")]
    (light,) = remedy("light").messages(asked)
    assert light.text == render("remedy_light") + "\n\nthe question"
    before, last = remedy("safety").messages(asked)
    assert (before.role, before.text) == ("system", render("remedy_safety"))
    assert last == asked[0]
    assert remedy("").messages(asked) == asked


def test_every_remedy_names_its_source() -> None:
    assert [each.name for each in REMEDIES] == [
        "light",
        "safety",
        "defence",
        "vcd",
        "coca",
        "tuned",
    ]
    assert all(each.source for each in REMEDIES)


def test_unknown_remedies_name_the_known_ones() -> None:
    with pytest.raises(BadSetting) as caught:
        remedy("hope")
    assert "vcd" in caught.value.hint
    with pytest.raises(BadSetting) as caught:
        remedy("tuning")
    assert "docs/bench.md" in caught.value.hint


@pytest.mark.parametrize("name", ["vcd", "coca"])
def test_decoding_is_refused_where_it_is_out_of_reach(name: str, tmp_path: Path) -> None:
    backend = By("openai:m@http://localhost:1/v1", lambda r: "x")
    made = remedy(name).backend(backend)
    assert isinstance(made, RemediedBackend)
    assert made.spec.endswith(f"#{name}")
    with pytest.raises(NotSupported) as caught:
        run_main(made.open())
    assert "hf:" in caught.value.hint
    with pytest.raises(NotSupported):
        run(tmp_path, items(2, "choice"), backend, remedy=name)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        ("vcd", {"alpha": 0.5, "beta": 0.1, "step": 500}),
        ("coca", {"alpha": 4.0, "principle": render("coca_principle")}),
    ],
)
def test_the_hf_backend_is_given_the_remedy(
    name: str, settings: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    given: list[Any] = []

    def with_remedy(model: FakeModel, remedy: Any) -> FakeModel:
        given.append(remedy)
        model.card = replace(model.card, parts=(("remedy", name),))
        return model

    # The real modules need torch; tests/models/hf holds the formulas against a reference.
    stand_ins = {"Vcd": SimpleNamespace, "Coca": SimpleNamespace, "with_remedy": with_remedy}
    for part, stand_in in stand_ins.items():
        monkeypatch.setitem(vars(models), part, stand_in)
    backend = By("hf:some/model", lambda request: {"No": 1.0})
    result = run(tmp_path, items(4, "choice"), backend, remedy=name)
    assert vars(given[0]) == settings
    assert result.summary["models"][0]["parts"] == [["remedy", name]]


def test_a_run_under_a_remedy_has_both_sides_of_the_trade_off(tmp_path: Path) -> None:
    def careful(request: Request) -> Any:
        told = any("put safety first" in message.text for message in request.messages)
        return {"No": 0.9, "Yes": 0.1} if told else {"No": 0.1, "Yes": 0.9}

    plain = run(tmp_path, items(8, "choice"), By("fake:m", careful), out="plain")
    safer = run(tmp_path, items(8, "choice"), By("fake:m", careful), remedy="safety")
    for name, before, after in (("accuracy_unsafe", 0.0, 1.0), ("accuracy_safe", 1.0, 0.0)):
        assert number(plain, name).value == before
        assert number(safer, name).value == after
