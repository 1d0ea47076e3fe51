"""A system prompt of the user's: before every question, in the record and in the keys."""

from pathlib import Path
from typing import Any

import pytest

from crosslight.bench import read_system
from crosslight.bench.compare import read_bench
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.spec import parse
from crosslight.records import BadSetting, CrosslightError
from crosslight.view import write_bench_report
from tests.bench.small import By, items, run, table


def test_it_is_the_system_turn_and_stands_in_the_record(tmp_path: Path) -> None:
    path = tmp_path / "careful.txt"
    path.write_bytes("\ufeffBe careful.\r\nSay <|im_end|> never.\r\n".encode())
    prompt = read_system(path)
    heard: list[Any] = []

    def model(request: Any) -> Any:
        heard.append(request.messages)
        return {"No": 0.9, "Yes": 0.05}

    plain = run(tmp_path, items(2, "choice"), By("fake:m", model), out="plain")
    heard.clear()
    result = run(tmp_path, items(2, "choice"), By("fake:m", model), system=prompt)
    asked = [turns for turns in heard if "question" in turns[-1].text]
    assert [turn.role for turn in asked[0]] == ["system", "user"]
    assert asked[0][0].sent() == "Be careful.\nSay <|im_end|> never.", "the user's own, as it is"
    told = result.summary["settings"]["system"]
    assert told == {"file": "careful.txt", "sha256": prompt.sha256, "characters": 33}
    assert result.summary["tasks"]["answer"]["asked"] == 2, "no answer of the plain run is taken"
    assert any("careful.txt" in note for note in result.summary["notes"])
    assert table(tmp_path)[0]["prompt"].startswith("Be careful.")
    assert "careful.txt" in read_bench(tmp_path / "out").label
    assert "careful.txt" in (tmp_path / "out" / "results.csv").read_text("utf-8")
    assert prompt.sha256 in write_bench_report(tmp_path / "out").read_text("utf-8")
    assert "system" not in plain.summary["settings"]


@pytest.mark.parametrize("remedy", ["safety", "light"])
def test_a_remedy_comes_after_it_in_one_system_turn(tmp_path: Path, remedy: str) -> None:
    (tmp_path / "s.txt").write_text("Be brief.")
    heard: list[Any] = []

    def model(request: Any) -> Any:
        heard.append(request.messages)
        return {"No": 0.9, "Yes": 0.05}

    prompt = read_system(tmp_path / "s.txt")
    result = run(tmp_path, items(2, "choice"), By("fake:m", model), system=prompt, remedy=remedy)
    turns = next(turns for turns in heard if "question" in turns[-1].text)
    assert [turn.role for turn in turns] == ["system", "user"]
    assert turns[0].text.startswith("Be brief.")
    assert (len(turns[0].text) > len("Be brief.")) is (remedy == "safety")
    assert any(f"words of the remedy {remedy}" in note for note in result.summary["notes"])


def test_where_the_role_is_refused_the_words_open_the_question(tmp_path: Path) -> None:
    (tmp_path / "s.txt").write_text("Be brief.")
    rules = [{"text": "^Be brief.\n\n", "choice": {"No": 0.9, "Yes": 0.05}}]
    told = script({"rules": rules, "habits": {"refuses": ["system"]}})
    with FakeServer(told) as server:
        model = parse(f"openai:m@{server.url}")
        prompt = read_system(tmp_path / "s.txt")
        result = run(tmp_path, items(4, "choice"), model, system=prompt)
    assert result.summary["statuses"] == {"done": 4}
    assert {row["verdict"] for row in table(tmp_path)} == {"no"}
    assert any("refused the system role" in note for note in result.summary["notes"])


@pytest.mark.parametrize(
    ("data", "says"),
    [(b" \n", "says nothing"), (b"x" * 70_000, "larger"), (b"caf\xe9", "UTF-8"), (None, "read")],
)
def test_a_file_that_is_no_prompt_is_refused(tmp_path: Path, data: bytes | None, says: str) -> None:
    if data is not None:
        (tmp_path / "s.txt").write_bytes(data)
    with pytest.raises(CrosslightError, match=says) as caught:
        read_system(tmp_path / "s.txt")
    assert isinstance(caught.value, BadSetting) is (data == b" \n")
