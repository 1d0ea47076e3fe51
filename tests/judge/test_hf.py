"""The whole judge over tiny saved models: a VLM that shares the image among its questions, a CLIP
that scans for relevance, an OWLv2 that finds things. Random weights: nothing here is accurate."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from crosslight.flow import CallPolicy
from crosslight.judge import JudgeConfig, Thresholds
from crosslight.judge.job import JudgeJob
from crosslight.judge.step import Target
from crosslight.models.hf.score import Method
from crosslight.models.message import Message
from crosslight.models.protocol import Answer
from crosslight.models.spec import parse
from crosslight.records.verdict import Finding, Score, Status, Verdict
from crosslight.runs import RunResult
from crosslight.store import ImageStore
from tests.judge.running import run
from tests.judge.simulated import picture, policy
from tests.models.hf import tiny
from tests.models.hf.test_open import clip, owl

IMAGES, QUESTIONS = 3, 18
CLOSE = 1e-4
CUT = pytest.mark.filterwarnings("ignore:clip reads 24 tokens:RuntimeWarning")


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    root = tmp_path_factory.mktemp("judge-hf")
    return {
        "vlm": tiny.save("idefics3", root / "vlm"),
        "clip": clip(root / "clip"),
        "owl": owl(root / "owl"),
    }


async def said(messages: Sequence[Message], **_: Any) -> Answer:
    """A reasoning that ends."""
    return Answer("I look at it.")


@dataclass
class Counting:
    """A backend whose scorer stays at hand, with a method of its own."""

    folder: Path
    method: Method
    scorers: list[Any] = field(default_factory=list)
    spec: str = "hf:tiny"

    async def open(self) -> Any:
        model: Any = await parse(f"hf:{self.folder}").open()
        # Random weights never end a sentence; what they are asked after it is theirs.
        model.generate = said
        scorer = model._open()
        scorer.method, scorer.passes = self.method, 0
        self.scorers.append(scorer)
        return model


def job(folder: Path, judge: Any, **more: Any) -> JudgeJob:
    constitution, compiled = policy()
    store = ImageStore(folder / "images", fsync=False)
    targets = [Target(store.put(picture(i)), f"{i}.jpg") for i in range(IMAGES)]
    # `paper` asks every score of every question.
    asked = {"method": "paper", "eager": True, "without": ("cascade",)}
    settings = {"addressed": "off", **asked, **more.pop("set", {})}
    return JudgeJob(
        targets,
        folder / "run",
        folder / "answers.sqlite",
        folder / "images",
        constitution,
        compiled,
        judge,
        config=JudgeConfig(**settings),
        policy=CallPolicy(attempts=1),
        **more,
    )


def judged(
    folder: Path, saved: dict[str, Path], method: Method, **more: Any
) -> tuple[RunResult, list[Verdict], int]:
    """A run, its verdicts, and the forward passes that it took."""
    backend = Counting(saved["vlm"], method)
    result, verdicts = run(job(folder, backend, **more))
    return result, verdicts, backend.scorers[0].passes


def scores(verdicts: list[Verdict]) -> dict[tuple[str, str, int, int, str], Score]:
    """Every score of every question."""
    return {
        (v.source, r.rule, e.item, e.alternative, name): score
        for v in verdicts
        for r in v.rules
        for e in r.evidence
        for name in ("shown", "prior", "whole", "erased")
        if (score := getattr(e.measured, name)) is not None
    }


@pytest.fixture(scope="module")
def full(
    saved: dict[str, Path], tmp_path_factory: pytest.TempPathFactory
) -> tuple[RunResult, list[Verdict], int]:
    """The dearest of the three methods, once for both that are compared with it."""
    return judged(tmp_path_factory.mktemp("full"), saved, "full")


@pytest.mark.parametrize("method", ["prefix", "packed"])
def test_shared_prefixes_change_the_cost_and_nothing_else(
    method: Method,
    full: tuple[RunResult, list[Verdict], int],
    saved: dict[str, Path],
    tmp_path: Path,
) -> None:
    slow, plain, many = full
    fast, shared, few = judged(tmp_path / method, saved, method)
    a, b = scores(plain), scores(shared)
    assert a.keys() == b.keys()
    assert len(a) == IMAGES * QUESTIONS * 3  # shown, the same as whole, and prior
    assert max(abs(a[k].yes - b[k].yes) for k in a) < CLOSE
    assert max(abs(a[k].outside - b[k].outside) for k in a) < CLOSE
    assert len({s.yes for s in b.values()}) == (IMAGES + 1) * QUESTIONS  # the questions differ
    assert [v.status for v in plain] == [v.status for v in shared]
    # The same questions were answered, in far fewer passes: choose is really gathered.
    assert slow.summary["calls"]["answered"] == fast.summary["calls"]["answered"]
    assert fast.summary["calls"]["answered"] == (IMAGES + 1) * QUESTIONS
    assert few <= (IMAGES + 1) * 4
    assert many >= 3 * few


@CUT
def test_with_an_encoder_and_a_detector_every_step_has_its_evidence(
    saved: dict[str, Path], tmp_path: Path
) -> None:
    helpers = {"encoder": parse(f"hf:{saved['clip']}"), "detector": parse(f"hf:{saved['owl']}")}
    # Bounds that random weights pass: every rule is relevant, every box counts, none is small.
    loose = Thresholds(relevance_t=-1.0, outside_max=1.0, small_area=0.0, box_confidence=0.02)
    settings = {"without": (), "thresholds": loose, "eager": False}
    result, verdicts, _ = judged(tmp_path, saved, "packed", set=settings, **helpers)
    assert result.summary["failed"] == 0
    assert len(verdicts) == IMAGES
    assert all(v.notes == ("method paper",) for v in verdicts)
    evidence = [e for v in verdicts for r in v.rules for e in r.evidence]
    assert evidence
    assert all(r.relevance is not None for v in verdicts for r in v.rules)
    assert all(e.measured.sought and e.measured.region is not None for e in evidence)
    assert any(e.measured.erased is not None for e in evidence)
    assert {e.reading.test for e in evidence} <= {"debias1", "debias2", "cascade"}
    reasoned = [e for e in evidence if e.reading.test == "cascade"]
    assert reasoned
    assert all(e.measured.reasoned in ("Yes", "No") for e in reasoned)
    assert all(r.finding in (Finding.VIOLATED, Finding.CLEAR) for v in verdicts for r in v.rules)
    assert all(v.status in (Status.SAFE, Status.UNSAFE) for v in verdicts)


@CUT
def test_a_high_relevance_bound_skips_all_and_asks_nothing(
    saved: dict[str, Path], tmp_path: Path
) -> None:
    strict = {"thresholds": replace(Thresholds(), relevance_t=1.01), "eager": False}
    encoder = parse(f"hf:{saved['clip']}")
    result, verdicts, passes = judged(tmp_path, saved, "packed", set=strict, encoder=encoder)
    assert passes == 0
    assert result.summary["skipped_pairs"] == result.summary["pairs"] == IMAGES * 6
    assert {r.reason for v in verdicts for r in v.rules} == {"relevance"}
