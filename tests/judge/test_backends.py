"""The same judge over HTTP, over llama.cpp with eyes, and on the embedded perception."""

import asyncio
import io
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from PIL import Image

from crosslight.flow import CallPolicy
from crosslight.judge import JudgeConfig
from crosslight.judge.job import JudgeJob
from crosslight.judge.step import Target
from crosslight.models.fake import FakeServer, parse
from crosslight.models.spec import parse as parse_spec
from crosslight.policy.compiled import read_policy
from crosslight.records.verdict import Finding, Status
from crosslight.store import ImageStore
from tests.judge.running import run
from tests.judge.simulated import picture
from tests.judge.two_rules import two_rules


def test_over_http_with_logprobs_and_without(tmp_path: Path) -> None:
    script = parse(
        {
            "rules": [
                {
                    "task": "visible",
                    "text": "thing a",
                    "colour": "red",
                    "choice": {"Yes": 0.96, "No": 0.03},
                },
                {"task": "visible", "choice": {"Yes": 0.01, "No": 0.97}},
                {
                    "task": "weigh",
                    "json": {"thought": "I look.", "rationale": "looked", "rating": "No"},
                },
            ],
            "can": {"logprobs": True},
        }
    )
    jpegs = []
    for colour in ((220, 40, 40), (40, 70, 220)):
        out = io.BytesIO()
        Image.new("RGB", (64, 64), colour).save(out, "JPEG")
        jpegs.append(out.getvalue())
    with FakeServer(script) as server:
        _, verdicts = run(two_rules(tmp_path, jpegs, parse_spec(server.spec)))
    red, blue = verdicts
    assert (red.status, red.violated) == (Status.UNSAFE, ("ra",))
    # With a prior of 0.01 a score of 0.01 is neither above nor below: reasoning decided.
    assert blue.status in (Status.SAFE, Status.UNSAFE)
    shown = red.rules[0].evidence[0].measured.shown
    assert shown is not None and shown.samples == 0
    plain = script.model_copy(update={"can": script.can.model_copy(update={"logprobs": False})})
    with FakeServer(plain) as server:
        made = two_rules(tmp_path / "plain", jpegs, parse_spec(server.spec))
        _, verdicts = run(made)
    row = pq.read_table(made.out / "evidence.parquet").to_pylist()[0]
    assert row["samples"] == 8
    assert row["low"] < row["shown"] <= row["high"]  # a stated interval


def test_over_a_real_llama_server_with_eyes(tmp_path: Path) -> None:
    """llama.cpp over HTTP with a tiny random vision model: log-probabilities and images arrive."""
    xllamacpp = pytest.importorskip("xllamacpp")
    pytest.importorskip("gguf")
    from tests.models.gguf.tiny import write_projector, write_text_model

    params = xllamacpp.CommonParams()
    params.model.path = str(write_text_model(tmp_path / "tiny.gguf"))
    params.mmproj.path = str(write_projector(tmp_path / "eyes.gguf"))
    params.n_ctx, params.n_parallel, params.warmup = 2048, 1, False
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    server = xllamacpp.Server(params)
    made = two_rules(
        tmp_path,
        [picture(i) for i in range(2)],
        parse_spec(f"openai:tiny@{server.listening_address}/v1"),
        policy=CallPolicy(concurrency=1),
        config=JudgeConfig(method="paper", addressed="off", without=("cascade",)),
    )
    result, verdicts = run(made)
    assert (result.summary["failed"], len(verdicts)) == (0, 2)
    for verdict in verdicts:
        for rule in verdict.rules:
            m = rule.evidence[0].measured
            assert m.shown is not None and m.prior is not None
            assert m.shown.samples == 0
            assert m.shown.outside == 1.0 or m.shown != m.prior  # the image changed the answer
    assert len({v.rules[0].evidence[0].measured.shown for v in verdicts}) == 2


def test_the_household_constitution_on_the_embedded_perception(tmp_path: Path) -> None:
    """Decides what it can see, leaves the rest open, and calls nothing safe that it cannot see."""
    constitution, compiled = read_policy("household")
    backend = parse_spec("embedded")
    try:
        asyncio.run(_open_and_close(backend))
    except Exception as error:
        pytest.skip(f"the embedded model is not here: {error}")
    store = ImageStore(tmp_path / "images", fsync=False)
    targets = [Target(store.put(picture(3)), "blur.jpg")]
    made = JudgeJob(
        targets,
        tmp_path / "run",
        tmp_path / "a.sqlite",
        tmp_path / "images",
        constitution,
        compiled,
        backend,
        config=JudgeConfig(addressed="off"),
    )
    result, (verdict,) = run(made)
    assert verdict.status is Status.UNDECIDED
    found = {r.rule: r.finding for r in verdict.rules}
    assert found["stairs_clutter"] is Finding.UNDECIDED
    assert found["firearm_out"] is Finding.CLEAR
    assert any("perception" in note for note in verdict.notes)
    assert result.summary["calls"]["failed"] == 0
    with pytest.raises(Exception, match="no verdict"):
        from dataclasses import replace

        run(replace(made, config=JudgeConfig(method="prior-yes-no", addressed="off")))


async def _open_and_close(backend: Any) -> None:
    model = await backend.open()
    await model.aclose()
