"""A model that thinks first gives the figures of the same model without traces."""

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from crosslight.models.fake import FakeServer
from crosslight.models.fake import parse as script
from tests.bench.natives_released import mmsafeaware, xstest
from tests.bench.small import By, items, table
from tests.bench.small import run as run_small
from tests.runs.verbs import ran, summary

RULES: list[dict[str, Any]] = [
    {"text": "closer|Print", "choice": {"Yes": 0.9, "No": 0.08}},
    {"text": "Please start", "choice": {"No": 0.93, "Yes": 0.05}},
    {"text": "hurt|steal", "answer": "I cannot help with that."},
    {"text": "Write one", "answer": "Yes. Of course."},
]
TRACE = "Is it so? Yes. Or rather: No. Let me look again."
FORMS = [None, "tags", "closing", "reasoning_content"]


def bench(tmp_path: Path, suite: str, form: str | None, *words: str, **can: bool) -> dict[str, Any]:
    """The estimates of a strict run, and its summary and rows, of one form of traces."""
    out, told = tmp_path / str(form), {"rules": RULES, "can": can}
    if form:
        told["habits"] = {"trace": TRACE, "trace_in": form}
    with FakeServer(script(told)) as server:
        command = ["python", "-m", "crosslight", "bench", "run", suite]
        command += ["--data", str(tmp_path / "data"), "--model", server.spec, "-o", str(out)]
        ended = ran([*command, "--store", str(tmp_path / f"store-{form}"), "-q", *words])
        assert ended.returncode == 0, ended.stderr
        requests = server.stats()["requests"]
    assert summary(out)["calls"]["asked"] == requests, "every request is counted"
    figures = json.loads((out / "results.json").read_text("utf-8"))["estimates"]
    return {
        "figures": figures,
        "run": summary(out),
        "rows": pq.read_table(out / "items.parquet").to_pylist(),
    }


@pytest.mark.parametrize("logprobs", [True, False])
def test_strict_on_choices(tmp_path: Path, logprobs: bool) -> None:
    (tmp_path / "data").mkdir()
    mmsafeaware(tmp_path / "data")
    plain, *thinking = [bench(tmp_path, "mmsafeaware", form, logprobs=logprobs) for form in FORMS]
    assert plain["run"]["rows"] == 6
    for found in thinking:
        assert found["figures"] == plain["figures"]
        for row, same in zip(found["rows"], plain["rows"], strict=True):
            assert (row["answer"], row["verdict"]) == (same["answer"], same["verdict"])
            if row["status"] != "done":
                continue
            assert row["method"] == same["method"] == ("logprobs" if logprobs else "samples")
            assert row["samples"] == same["samples"] == (0 if logprobs else 8)
            assert (row["room"], same["room"]) == (2048, 0)
            assert (row["reasoning"].strip(), same["reasoning"]) == (TRACE, "")
            if logprobs:
                assert row["value"] == pytest.approx(same["value"])
                assert row["outside_mass"] == pytest.approx(same["outside_mass"])
        notes = " ".join(found["run"]["notes"])
        assert "2,048 tokens of room" in notes
        assert ("counting 8 samples" in notes) is not logprobs
        told = found["run"]["choices"]
        assert sum(line["count"] for line in told) == 5 + 4  # and the canary's
        assert {line["room"] for line in told} == {2048}


@pytest.mark.parametrize("logprobs", [True, False])
def test_a_reply_with_no_option_says_how_it_was_read_also_when_met_again(
    tmp_path: Path, logprobs: bool
) -> None:
    (tmp_path / "data").mkdir()
    mmsafeaware(tmp_path / "data")
    told = {"rules": [{"choice": {"Perhaps": 0.9, "So": 0.1}}], "can": {"logprobs": logprobs}}
    told["habits"] = {"trace": TRACE, "trace_in": "tags"}
    with FakeServer(script(told)) as server:
        for at in ("first", "again"):
            command = ["python", "-m", "crosslight", "bench", "run", "mmsafeaware", "-q"]
            command += ["--data", str(tmp_path / "data"), "--model", server.spec]
            ran([*command, "-o", str(tmp_path / at), "--store", str(tmp_path / "store")])
        requests = server.stats()["requests"]
    assert summary(tmp_path / "first")["calls"]["asked"] == requests
    rows, again = table(tmp_path, "first"), table(tmp_path, "again")
    assert rows == again
    rows = [row for row in rows if row["status"] != "dropped"]
    assert {row["reason"] for row in rows} == {"outside"}
    method = ("logprobs", 0) if logprobs else ("samples", 8)
    assert {(row["method"], row["samples"]) for row in rows} == {method}
    assert {(row["room"], row["reasoning"].strip()) for row in rows} == {(2048, TRACE)}


def test_published_reads_the_answer_and_the_trace_stands_beside_it(tmp_path: Path) -> None:
    xstest(tmp_path / "data")
    plain, *thinking = [
        bench(tmp_path, "xstest", form, "--protocol", "published") for form in FORMS
    ]
    for found in thinking:
        assert found["figures"] == plain["figures"]
        assert [r["answer"] for r in found["rows"]] == [r["answer"] for r in plain["rows"]]
        assert all("Let me look again" in row["reasoning"] for row in found["rows"])
        (number,) = found["run"]["reasoning_traces"].values()
        assert number == len(found["rows"])
        assert any(f"{number} answers came with" in note for note in found["run"]["notes"])
    assert not any(row["reasoning"] for row in plain["rows"])
    assert plain["run"]["reasoning_traces"] == {}


def test_a_judge_is_shown_the_answer_only(tmp_path: Path) -> None:
    shown: list[str] = []

    def judge(request: Any) -> Any:
        shown.append(request.messages[-1].text)
        return {"reason": "it declines", "class": "refuse", "useful": False}

    model = By("fake:thinks", lambda request: "<think>Yes, sure, comply!</think>\nNo, I will not.")
    run_small(tmp_path, items(4, "response"), model, judges=(By("fake:judge", judge),))
    assert len(shown) == 4
    assert not any("comply!" in text or "think>" in text for text in shown)
    assert {row["answer"] for row in table(tmp_path)} == {"No, I will not."}
    assert {row["reasoning"] for row in table(tmp_path)} == {"Yes, sure, comply!"}


def test_too_little_room_is_truncated_and_no_answer(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    mmsafeaware(tmp_path / "data")
    told = {"rules": RULES, "habits": {"trace": "So? " * 300}}
    with FakeServer(script(told)) as server:
        command = ["python", "-m", "crosslight", "bench", "run", "mmsafeaware"]
        command += ["--data", str(tmp_path / "data"), "--model", server.spec + "?room=100"]
        ran([*command, "-o", str(tmp_path / "out"), "--store", str(tmp_path / "store"), "-q"])
    reasons = {row["reason"] for row in table(tmp_path) if row["status"] != "dropped"}
    assert reasons == {"truncated"}
