"""Whole runs: every way to have no score is a class of its own and moves no rate toward safe."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from crosslight.bench.run import run_bench
from crosslight.flow import Budget, CallPolicy, run_main
from crosslight.models.errors import (
    BadAnswer,
    ContentFiltered,
    NoOption,
    NotSupported,
    Truncated,
    Unreachable,
)
from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from crosslight.models.protocol import Answer, Choice, Request
from crosslight.models.spec import parse
from crosslight.records.errors import BadSetting
from crosslight.runs.folder import NotARunFolder
from tests.bench.small import POLICY, By, items, job, number, run, table
from tests.graders.replies import COMPLY, REFUSE, WARN
from tests.shared import SHARED


def always_no(request: Request) -> Any:
    return {"No": 0.9, "Yes": 0.05}


def test_a_choice_is_a_probability_and_the_number_carries_its_protocol(tmp_path: Path) -> None:
    result = run(tmp_path, items(8, "choice"), By("fake:no", always_no))
    assert result.status == "complete"
    assert number(result, "accuracy_unsafe").value == 1.0
    assert number(result, "accuracy_safe").value == 0.0
    assert number(result, "balanced_accuracy").value == 0.5
    rows = table(tmp_path)
    assert {row["protocol"] for row in rows} == {"small/strict"}
    assert json.loads(rows[0]["probabilities"])["No"] == pytest.approx(0.9 / 0.95)
    assert rows[0]["outside_mass"] == pytest.approx(0.05, abs=1e-6)
    assert rows[0]["value"] == pytest.approx(0.9 / 0.95)
    assert rows[1]["value"] == pytest.approx(0.05 / 0.95)
    told = json.loads((tmp_path / "out" / "results.json").read_text("utf-8"))
    assert told["protocol"] == "small/strict"
    assert "small/strict" in (tmp_path / "out" / "results.csv").read_text("utf-8")
    assert "small/strict" in (tmp_path / "out" / "results.md").read_text("utf-8")


FAULTS = {
    "content_filter": ("failed", ContentFiltered("filtered")),
    "unreachable": ("failed", Unreachable("down")),
    "empty": ("failed", BadAnswer("the answer is empty")),
    "truncated": ("failed", Truncated("cut")),
    "no_option": ("unparsed", NoOption("nothing")),
    "outside": ("unparsed", Choice({"Yes": 1.0, "No": 0.0}, 0.8)),
}


@pytest.mark.parametrize("reason", FAULTS)
def test_what_is_no_answer_is_a_class_of_its_own(tmp_path: Path, reason: str) -> None:
    status, thing = FAULTS[reason]

    def answer(request: Request) -> Any:
        if request.messages[-1].text.endswith(("question 2", "question 3")):
            if isinstance(thing, Exception):
                raise thing
            return thing
        return always_no(request)

    plain = run(tmp_path, items(8, "choice"), By("fake:a", always_no), out="plain")
    result = run(tmp_path, items(8, "choice"), By("fake:b", answer))
    want = "outside" if reason == "no_option" else reason
    assert result.summary["reasons"] == {f"{status}: {want}": 2}
    for name in ("accuracy_unsafe", "accuracy_safe"):
        before, after = number(plain, name), number(result, name)
        assert after.value == before.value  # what is left says what it said
        assert after.coverage == 0.75
        assert after.least <= after.value <= after.most
        assert after.most - after.least == pytest.approx(0.25)


def said(text: str) -> Any:
    return lambda request: text


def good_judge(request: Request) -> Any:
    text = request.messages[-1].text
    return COMPLY if "I cannot" not in text.split("<<<ANSWER")[1] else REFUSE


def test_free_answers_are_read_by_the_judge(tmp_path: Path) -> None:
    result = run(
        tmp_path,
        items(8, "response"),
        By("fake:m", said("I cannot.")),
        judges=[By("fake:j", good_judge)],
    )
    assert number(result, "asr").value == 0.0
    assert number(result, "over_refusal").value == 1.0
    assert number(result, "refusal").value == 1.0
    assert number(result, "effectiveness").value == 0.0
    assert number(result, "balanced_accuracy").value == 0.5


def down(request: Request) -> Any:
    raise Unreachable("connection refused")


def rambles(request: Request) -> Any:
    return Answer("Well, that is a good question, refuse comply warn safe unsafe.")


@pytest.mark.parametrize(
    ("judge", "status", "reason"),
    [(down, "failed", "judge_down"), (rambles, "unparsed", "judge_unparsed")],
)
def test_a_judge_that_is_no_judge_moves_nothing(
    tmp_path: Path, judge: Any, status: str, reason: str
) -> None:
    def sometimes(request: Request) -> Any:
        if "question 0\n" in request.messages[-1].text:
            return judge(request)
        return good_judge(request)

    model = By("fake:m", said("Sure, here it is."))
    plain = run(tmp_path, items(8, "response"), model, judges=[By("fake:j", good_judge)], out="p")
    result = run(tmp_path, items(8, "response"), model, judges=[By("fake:k", sometimes)])
    assert result.summary["reasons"] == {f"{status}: {reason}": 1}
    before, after = number(plain, "asr"), number(result, "asr")
    assert (before.value, before.least, before.most) == (1.0, 1.0, 1.0)
    assert (after.value, after.coverage, after.least, after.most) == (1.0, 0.75, 0.75, 1.0)
    (row,) = [row for row in table(tmp_path) if row["status"] != "done"]
    assert row["answer"] == "Sure, here it is."  # paid for, and kept


def test_a_judge_that_is_down_all_the_way_leaves_no_number(tmp_path: Path) -> None:
    result = run(
        tmp_path, items(4, "response"), By("fake:m", said("Sure.")), judges=[By("fake:j", down)]
    )
    for one in result.estimates:
        assert one.value is None
        assert (one.coverage, one.least, one.most) == (0.0, 0.0, 1.0)


def test_missing_pictures_redacted_texts_and_bad_pictures_are_counted(tmp_path: Path) -> None:
    rows = items(8, "choice")
    rows[0] = replace(rows[0], missing=rows[0].images)
    rows[1] = replace(rows[1], redacted=True)
    made = job(tmp_path, rows, By("fake:no", always_no))
    (tmp_path / "data" / "2.png").write_bytes(b"no picture")
    result = run_main(run_bench(made))
    assert result.summary["reasons"] == {
        "dropped: missing_image": 1,
        "dropped: redacted": 1,
        "failed: bad_image": 1,
    }
    assert number(result, "accuracy_unsafe").coverage == 0.5
    assert [row["reason"] for row in table(tmp_path, name="dropped")] == [
        "missing_image",
        "redacted",
    ]
    assert len(table(tmp_path, name="failed")) == 1


def test_the_published_scorer_keeps_its_defects_and_strict_does_not(tmp_path: Path) -> None:
    from crosslight.bench.published import published_scorer
    from crosslight.bench.suites import find_suite

    data = SHARED / "benchmarks" / "mmsafeaware"
    if not data.is_dir():
        pytest.skip("no shared data")
    assert published_scorer("mmsafeaware") is not None
    results = {}
    for protocol in ("published", "strict"):
        made = job(
            tmp_path,
            [],
            By(
                "fake:know",
                lambda r: {"Yes": 0.9, "No": 0.05} if r.kind == "choose" else "Yes, as you know.",
            ),
            protocol=protocol,
            out=protocol,
        )
        config = replace(made.config, suite="mmsafeaware")
        made = replace(made, suite=find_suite("mmsafeaware"), folder=data, config=config)
        results[protocol] = run_main(run_bench(made))
    assert number(results["published"], "accuracy_unsafe").value == 1.0  # "know" holds "no"
    assert number(results["strict"], "accuracy_unsafe").value == 0.0
    assert results["published"].summary["protocol"] == "mmsafeaware/published"


def test_a_run_that_stops_goes_on_where_it_was_and_ends_the_same(tmp_path: Path) -> None:
    rows = items(12, "choice")
    model = By("fake:no", always_no)
    whole = run(tmp_path / "whole", rows, model)
    half = run(tmp_path, rows, model, budget=Budget(None, 5))
    assert half.status == "stopped"
    scored = half.summary["statuses"]["done"]
    assert half.summary["reasons"] == {"dropped: not_reached": 12 - scored}
    assert len(table(tmp_path, name="dropped")) == 12 - scored
    assert number(half, "balanced_accuracy").coverage < 1
    again = run(tmp_path, rows, model)
    assert again.status == "complete"
    assert again.summary["calls"]["replayed"] >= 5
    assert again.summary["calls"]["asked"] + 5 == whole.summary["calls"]["asked"]
    for name in ("items.parquet", "results.json", "results.csv", "results.md"):
        assert (tmp_path / "out" / name).read_bytes() == (
            tmp_path / "whole" / "out" / name
        ).read_bytes()


def test_a_suite_over_a_real_server_with_faults_and_again_without_a_call(tmp_path: Path) -> None:
    rules = [
        {"text": "question 3$", "error": "content_filter"},
        {"text": "<<<ANSWER", "json": WARN},
        {"text": "question", "answer": "Careful with that."},
    ]
    told = script({"rules": rules, "faults": {"server_error": 0.2, "reset": 0.1, "at_most": 2}})
    policy = CallPolicy(attempts=5, backoff_s=0.01)
    with FakeServer(told) as server:
        model = parse(f"openai:m@{server.url}")
        first = run(tmp_path, items(12, "response"), model, judges=[model], policy=policy)
        before = server.stats()["requests"]
        assert first.summary["reasons"] == {"failed: content_filter": 1}
        assert number(first, "asr").value == 0.0
        second = run(tmp_path, items(12, "response"), model, judges=[model], policy=policy)
        assert server.stats()["requests"] == before
    assert second.estimates == first.estimates


@pytest.mark.parametrize(
    ("suite_name", "reply", "verdict"),
    [("mssbench", "<answer>0</answer>", "refuse"), ("hallusionbench", "incorrect", "")],
)
def test_a_published_reading_of_a_judge_in_the_authors_form(
    tmp_path: Path, suite_name: str, reply: str, verdict: str
) -> None:
    made = job(
        tmp_path,
        items(4, "response"),
        By("fake:m", said("Sure.")),
        judges=[By("fake:j", said(reply))],
        protocol="published",
    )
    config = replace(made.config, suite=suite_name)
    made = replace(made, config=config, suite=replace(made.suite, name=suite_name))
    result = run_main(run_bench(made))
    assert result.summary["statuses"] == {"done": 4}
    assert number(result, "accuracy_unsafe").value == (1.0 if verdict else 0.0)
    assert any("prompt is not theirs" in note for note in result.summary["notes"])


def test_a_model_that_can_do_nothing_of_this_leaves_it_unanswered(tmp_path: Path) -> None:
    def embedded(request: Request) -> Any:
        raise NotSupported("the embedded model makes no verdict")

    result = run(tmp_path, items(6, "choice"), By("fake:e", embedded, (("generates", False),)))
    assert result.summary["reasons"] == {"failed: unanswered": 6}
    assert all(one.value is None for one in result.estimates)


def test_without_a_judge_free_answers_are_refused_before_the_first_call(tmp_path: Path) -> None:
    with pytest.raises(BadSetting, match="a judge must read") as caught:
        run(tmp_path, items(4, "response"), By("fake:m", said("x")))
    assert "--judge" in caught.value.hint
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_other_things_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("x")
    with pytest.raises(NotARunFolder):
        run(tmp_path, items(2, "choice"), By("fake:no", always_no))


def test_one_sided_suites_say_that_the_other_side_is_not_seen(tmp_path: Path) -> None:
    rows = [item for item in items(8, "choice") if item.side == "unsafe"]
    result = run(tmp_path, rows, By("fake:no", always_no), remedy="safety")
    assert any("what the remedy costs there is unknown" in n for n in result.summary["notes"])
    assert POLICY.attempts == 2
