"""The example script of docs/models.md is a script, and does what it says."""

import asyncio
import re
from pathlib import Path

import pytest
import yaml

from crosslight.models.errors import ContentFiltered
from crosslight.models.fake import FakeModel, parse
from crosslight.models.fake.habits import Habits
from crosslight.models.message import user
from tests.models.pictures import view

DOCS = Path(__file__).parents[3] / "docs" / "models.md"


def test_the_example() -> None:
    found = re.search(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert found
    script = parse(yaml.safe_load(found.group(1)))
    assert script.faults.ladder
    quiet = script.model_copy(update={"faults": type(script.faults)(), "latency_ms": 0.0})

    async def main() -> None:
        model = FakeModel(quiet)
        schema = {"type": "object"}
        answer = await model.generate([user("a knife")], task="imagine", schema=schema)
        assert answer.parsed["risk"] == "cuts"
        choice = await model.choose([user("?", view("red"))], ("Yes", "No"))
        assert choice.probabilities["Yes"] == pytest.approx(0.9 / 0.98)
        assert choice.outside_mass == pytest.approx(0.02)
        with pytest.raises(ContentFiltered):
            await model.generate([user("forbidden")])

    asyncio.run(main())


def test_the_example_of_habits() -> None:
    found = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    script = parse(yaml.safe_load(found[1]))
    assert script.models["strict"].top_limit == 5
    assert script.rules[0].habits is not None and script.needs_server


def test_every_habit_is_in_the_table() -> None:
    text = DOCS.read_text(encoding="utf-8")
    missing = [name for name in Habits.model_fields if f"`{name}`" not in text]
    assert not missing
