"""A model that does not see is found out before its first item, and said."""

import json
from pathlib import Path
from typing import Any

import pytest

from crosslight.bench.dry_run import estimate_bench
from crosslight.bench.run import run_bench
from crosslight.flow import run_main
from crosslight.models.errors import NotSupported, ServerFault
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.fake.picture import dominant_colour
from crosslight.models.spec import parse
from crosslight.records import BadSetting
from crosslight.view import write_bench_report
from tests.bench.small import By, items, job, run
from tests.runs.verbs import ran, summary

RULES = [{"text": "question", "choice": {"No": 0.9, "Yes": 0.05}}]


def of(told: dict[str, Any]) -> str:
    return " ".join(note for note in told["notes"] if "see" in note)


@pytest.mark.parametrize("sees", [True, False])
def test_the_notes_and_the_page_say_it_where_a_model_is_blind(tmp_path: Path, sees: bool) -> None:
    with FakeServer(script({"rules": RULES, "sees": sees})) as server:
        model = parse(f"openai:m@{server.url}")
        result = run(tmp_path, items(4, "choice"), model, canary=True)
        assert result.summary["tasks"]["canary"]["answered"] == 4
        again = run(tmp_path, items(4, "choice"), model, canary=True)
        assert again.summary["calls"]["asked"] == 0
    assert result.summary["statuses"] == {"done": 4}
    assert ("does not see" in of(result.summary)) is not sees
    assert of(again.summary) == of(result.summary)
    assert ("does not see" in write_bench_report(tmp_path / "out").read_text("utf-8")) is not sees
    told = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert of(told) == of(result.summary)


def blind(request: Any) -> Any:
    return {"red": 0.9, "blue": 0.1} if request.task == "canary" else {"No": 0.9, "Yes": 0.1}


def broken(request: Any) -> Any:
    if request.task == "canary":
        raise ServerFault("out of order")
    return {"No": 0.9, "Yes": 0.1}


def seeing(request: Any) -> Any:
    if request.task == "canary":
        return {dominant_colour(request.messages[-1].images[0].jpeg): 1.0}
    return {"No": 0.9, "Yes": 0.1}


def test_require_sight_stops_before_the_first_item(tmp_path: Path) -> None:
    asked: list[str] = []

    def model(request: Any) -> Any:
        asked.append(request.task)
        return blind(request)

    more: dict[str, Any] = {"canary": True, "require_sight": True}
    with pytest.raises(NotSupported, match="names 1 of 4 tiny pictures") as caught:
        run(tmp_path, items(4, "choice"), By("fake:blind", model), **more)
    assert "--require-sight" in caught.value.hint
    assert set(asked) == {"canary"}
    result = run(tmp_path, items(4, "choice"), By("fake:sees", seeing), out="sees", **more)
    assert result.status == "complete"
    # Nothing is shown under these, so that nothing is asked.
    plain = run(tmp_path, items(4, "choice"), By("fake:b", blind), out="n", picture="none", **more)
    assert "canary" not in plain.summary["tasks"]


def test_a_model_without_pictures_is_blind_without_a_call(tmp_path: Path) -> None:
    model = By("fake:texts", blind, (("images", False),))
    result = run(tmp_path, items(4, "choice"), model, canary=True)
    assert "takes no images" in of(result.summary)
    assert "canary" not in result.summary["tasks"]


def test_what_cannot_be_found_out_is_unknown(tmp_path: Path) -> None:
    result = run(tmp_path, items(4, "choice"), By("fake:m", broken), canary=True)
    assert result.summary["statuses"] == {"done": 4}
    assert "is unknown (server_fault: out of order)" in of(result.summary)
    more: dict[str, Any] = {"canary": True, "require_sight": True, "out": "required"}
    stopped = run(tmp_path, items(4, "choice"), By("fake:m", broken), **more)
    assert stopped.status == "failed"
    assert "could not be found out" in stopped.reason
    assert stopped.summary["reasons"] == {"dropped: not_reached": 4}


def test_a_dry_run_counts_the_four_and_contradictions_are_refused(tmp_path: Path) -> None:
    made = job(tmp_path, items(4, "choice"), By("fake:m", seeing), canary=True, epochs=3)
    told = run_main(estimate_bench(made))
    assert (told.rows, told.least, told.most) == (12, 4 + 12, 4 + 24)
    assert run_main(run_bench(made)).summary["calls"]["asked"] == 4 + 12
    with pytest.raises(BadSetting, match="--no-canary"):
        job(tmp_path, items(4, "choice"), By("fake:m", seeing), require_sight=True)


def test_the_command_ends_with_a_remedy(tmp_path: Path) -> None:
    (tmp_path / "suite.yaml").write_text("name: signs\nsubsets: {a: All items.}\n")
    run(tmp_path, items(1, "choice"), By("fake:m", seeing))  # for its picture
    row = {"text": "question", "image": "data/0.png", "expected": "no", "side": "unsafe"}
    (tmp_path / "items.jsonl").write_text(json.dumps(row))
    with FakeServer(script({"rules": RULES, "sees": False})) as server:
        words = ["python", "-m", "crosslight", "bench", str(tmp_path / "suite.yaml"), "-q"]
        words += ["--model", server.spec, "--store", str(tmp_path / "store")]
        ended = ran([*words, "-o", str(tmp_path / "cli"), "--require-sight"])
        assert (ended.returncode, "does not see" in ended.stderr) == (2, True)
        assert "crosslight doctor" in ended.stderr
        ended = ran([*words, "-o", str(tmp_path / "cli")])
        assert (ended.returncode, "does not see" in ended.stdout) == (0, True)
        assert summary(tmp_path / "cli")["calls"]["asked"] == 1, "the canary's answers are stored"
