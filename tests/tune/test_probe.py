"""Probes on hidden states of tiny models: fitted, kept, resumed, and the switch to another head."""

import io
import json
import os
import random
import signal
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.models import open_network, open_processor
from crosslight.records import BadSetting, CrosslightError
from crosslight.tune import (
    ProbeJob,
    Switch,
    load_probes,
    own_head,
    run_probe,
    under_head,
)
from crosslight.tune.probe.kept import KeptStates
from crosslight.tune.probe.measure import (
    PARTS,
    best_threshold,
    figures_of,
    fit_and_measure,
    parts_of_groups,
)
from crosslight.tune.probe.probe import Probe, fit_probe, save_probes
from crosslight.tune.probe.states import States, asked_of, prepared, states_of
from tests.tune import tiny

ROWS = 70


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.base("idefics3", tmp_path_factory.mktemp("base"))


def table(folder: Path, rows: int = ROWS, **more: Any) -> Path:
    """Requests whose word says what they are, some with a picture."""
    draw = random.Random(0)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "red.png").write_bytes(tiny.picture("red"))
    lines = []
    for at in range(rows):
        word = ("fire", "people")[at % 2]
        filler = " ".join(draw.choices("look at the left edge night round near".split(), k=3))
        row = {
            "id": f"r{at}",
            "text": f"{filler} {word} {word}",
            "label": ("unsafe", "safe")[at % 2],
        }
        lines.append(row | ({"image": "red.png"} if at % 5 == 0 else {}) | more)
    path = folder / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, lines)))
    return path


def job(tmp_path: Path, base: Path, data: Path, **more: Any) -> ProbeJob:
    given = {"tokens": 4, "side": 32, "quiet": True} | more
    return ProbeJob(str(data), tmp_path / "out", str(base), tmp_path / "images", **given)


def test_a_probe_finds_the_word_and_says_what_it_costs(tmp_path: Path, base: Path) -> None:
    result = run_probe(job(tmp_path, base, table(tmp_path / "data")))
    told = result.summary
    assert (result.status, told["rows"], told["account"]["failed"]) == ("complete", ROWS, 0)
    unsafe = told["probes"]["unsafe"]
    assert sum(unsafe["rows"].values()) == ROWS and min(unsafe["rows"].values()) > 5
    assert unsafe["test"]["balanced_accuracy"] > 0.8
    assert unsafe["test"]["over"]["of"] > 0 and unsafe["test"]["over"]["high"] > 0
    # A random model declines nothing: there is nothing to learn, and nobody says there is.
    assert told["probes"]["complies"] == {"reason": told["probes"]["complies"]["reason"]}
    assert "the first probe alone decides" in told["notes"][-1]
    probes = load_probes(tmp_path / "out" / "probes.npz")
    assert set(probes) == {"unsafe"} and probes["unsafe"].width == 64
    card = (tmp_path / "out" / "README.md").read_text()
    assert "over-refusal" in card and "will comply | none" in card
    again = run_probe(job(tmp_path, base, table(tmp_path / "data")))
    assert again.summary == told, "a complete run is left as it is"


def test_a_run_that_was_stopped_goes_on_to_the_same_probes(
    tmp_path: Path, base: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from crosslight.tune.probe import run

    data = table(tmp_path / "data", 40)
    whole = job(tmp_path / "a", base, data)
    run_probe(whole)
    taken: list[int] = []
    real = states_of

    def interrupted(*args: Any) -> States:
        taken.append(1)
        if len(taken) == 20:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(*args)

    monkeypatch.setattr(run, "states_of", interrupted)
    part = job(tmp_path / "b", base, data)
    stopped = run_probe(part)
    assert (stopped.status, stopped.exit_code) == ("stopped", 3) and "SIGTERM" in stopped.reason
    account = stopped.summary["account"]
    assert account["finished"] == 16 and account["not_reached"] == 24
    assert not (part.out / "probes.npz").exists()
    taken[:] = [1] * 20
    run_probe(part)
    assert len(taken) - 20 == 40 - 16, "the states of the first file are not taken again"
    assert (part.out / "probes.npz").read_bytes() == (whole.out / "probes.npz").read_bytes()
    with pytest.raises(BadSetting, match="another set-up"):
        run_probe(job(tmp_path / "b", base, data, tokens=5))
    # States of a GPU and of a CPU differ: one run never holds both.
    monkeypatch.setattr(run, "weights_here", lambda: ("cuda", "bfloat16"))
    with pytest.raises(BadSetting, match="another set-up: weights"):
        run_probe(part)


def test_a_row_without_its_picture_fails_and_counts_on_no_side(tmp_path: Path, base: Path) -> None:
    data = table(tmp_path / "data", 50)
    (data.parent / "red.png").write_bytes(b"no picture")
    told = run_probe(job(tmp_path, base, data)).summary
    assert told["failed"] + told["dropped"] == 10
    assert sum(told["probes"]["unsafe"]["rows"].values()) == 40
    reasons = {*pq.read_table(tmp_path / "out" / "failed.parquet")["error"].to_pylist()}
    assert told["failed"] == 0 or all(why.startswith("no_picture: ") for why in reasons)


@pytest.mark.parametrize("label", ["safe", "unsafe"])
def test_one_label_alone_teaches_nothing(tmp_path: Path, base: Path, label: str) -> None:
    with pytest.raises(CrosslightError, match=f"are {label}"):
        run_probe(job(tmp_path, base, table(tmp_path / "data", 10, label=label)))


@pytest.mark.parametrize("hidden", [0, 64])
def test_a_kept_probe_says_the_same_and_needs_no_sklearn(tmp_path: Path, hidden: int) -> None:
    draw = np.random.default_rng(0)
    x = draw.normal(size=(80, 6))
    y = (x[:, 0] * x[:, 0] > 0.5).astype(int) if hidden else (x[:, 0] > 0).astype(int)
    probe = fit_probe(x, y.tolist(), hidden=hidden, seed=0)
    assert np.mean((probe.probability(x) >= 0.5) == y) > 0.85
    save_probes(tmp_path / "p.npz", {"unsafe": probe})
    again = load_probes(tmp_path / "p.npz")["unsafe"]
    assert np.array_equal(again.probability(x), probe.probability(x))
    assert np.isnan(probe.probability(np.full((1, 6), np.nan)))


def test_a_file_of_somebody_is_no_code(tmp_path: Path) -> None:
    path = tmp_path / "probes.npz"
    np.savez(path, allow_pickle=True, **{"unsafe.mean": np.array([{"a": 1}], dtype=object)})
    packed = io.BytesIO()
    np.savez_compressed(packed, unsafe=np.zeros(1_000_000))
    assert len(packed.getvalue()) < 10_000, "a small file that stands for a large one"
    over = io.BytesIO()
    with zipfile.ZipFile(over, "w") as file:
        file.writestr("unsafe.mean.npy", b"x" * 5_000)
        file.filelist += file.filelist * 50
    with pytest.raises(BadSetting, match="lie over each other"):
        path.with_name("over.npz").write_bytes(over.getvalue())
        load_probes(path.with_name("over.npz"))
    for data in (path.read_bytes(), b"", b"PK\x03\x04 no", packed.getvalue()):
        path.write_bytes(data)
        with pytest.raises(BadSetting, match="holds no probes"):
            load_probes(path)
    one = np.ones(3)
    for layers in ([(np.ones((2, 1)), np.zeros(1))], [(np.full((3, 1), np.inf), np.zeros(1))]):
        with pytest.raises(ValueError, match="probe"):
            Probe(one, one, tuple(layers))


def test_the_threshold_is_set_on_other_rows_than_the_figures() -> None:
    draw = np.random.default_rng(1)
    y = draw.integers(0, 2, 300)
    x = np.column_stack([y + draw.normal(size=300), draw.normal(size=(300, 3))])
    groups = [f"g{at // 2}" for at in range(300)]
    fitted = fit_and_measure(x, y.tolist(), groups, seed=3)
    assert fitted.probe is not None and fitted.figures["rows"]["test"] < 100
    assert 0.6 < fitted.figures["test"]["balanced_accuracy"] < 0.95
    noise = fit_and_measure(draw.normal(size=(300, 4)), y.tolist(), groups, seed=3)
    assert abs(noise.figures["test"]["balanced_accuracy"] - 0.5) < 0.2, "nothing is found in noise"


def test_a_threshold_and_unknown_shares() -> None:
    assert best_threshold(np.array([0.1, 0.2, 0.8, 0.9]), np.array([0, 0, 1, 1])) == 0.5
    found = figures_of(np.array([True, False]), np.array([1, 1]))
    assert found["recall"]["value"] == 0.5
    assert found["over"]["value"] is None and found["balanced_accuracy"] is None


def test_kept_states_that_do_not_fit_are_taken_again(tmp_path: Path) -> None:
    kept = KeptStates(tmp_path / "states")
    state = States(np.ones(3, np.float32), np.zeros(3, np.float32), "yes")
    kept.keep(0, ["a", "b"], [state, "no_picture"])
    first, second = kept.part(0, ["a", "b"]) or [state, state]
    assert isinstance(first, States) and first.answer == "yes" and second == "no_picture"
    assert kept.part(0, ["a", "c"]) is None and kept.part(1, ["a"]) is None
    (tmp_path / "states" / "000000.npz").write_bytes(b"half")
    assert kept.part(0, ["a", "b"]) is None


@pytest.mark.parametrize("tie", [False, True])
def test_the_switch_answers_by_its_head_and_leaves_the_model_as_it_was(
    base: Path, tie: bool
) -> None:
    model, processor = open_network(base, "float32").eval(), open_processor(base)
    if tie:
        model.set_output_embeddings(own_head(model))
        model.get_output_embeddings().weight = model.get_input_embeddings().weight
    before = model.get_input_embeddings().weight.detach().clone()
    head = own_head(model)
    assert head.weight is not model.get_output_embeddings().weight
    with torch.no_grad():
        head.weight.copy_(head.weight.roll(7, dims=0))
    inputs = prepared(processor, asked_of("look at the fire", 0), [])
    plain = states_of(model, processor, inputs, 4)
    with under_head(model, head):
        under = states_of(model, processor, inputs, 4)
    with pytest.raises(RuntimeError), under_head(model, head):
        raise RuntimeError
    after = states_of(model, processor, inputs, 4)
    assert under.answer != plain.answer == after.answer
    assert np.array_equal(plain.asked, after.asked)
    assert torch.equal(before, model.get_input_embeddings().weight)

    def always(yes: bool) -> Probe:
        width = len(plain.asked)
        bias = np.array([9.0 if yes else -9.0])
        return Probe(np.zeros(width), np.ones(width), ((np.zeros((width, 1)), bias),))

    said = {}
    for unsafe in (True, False):
        for complies in (True, False, None):
            second = None if complies is None else always(complies)
            switch = Switch(model, processor, always(unsafe), second, head)
            found = switch.answer(asked_of("look at the fire", 0), [], 4)
            said[unsafe, complies] = found.switched
            assert found.text == (under.answer if found.switched else plain.answer)
    assert {key for key, switched in said.items() if switched} == {(True, True), (True, None)}
    assert (
        Switch(model, processor, always(True)).answer(asked_of("fire", 0), []).text.startswith("I ")
    )


def test_the_states_are_those_of_the_network(base: Path) -> None:
    """The first is the prompt's, the second that of the prompt with two tokens of the answer."""
    model, processor = open_network(base, "float32").eval(), open_processor(base)
    inputs = prepared(processor, asked_of("look at the fire", 0), [])
    states = states_of(model, processor, inputs, 4)
    with torch.no_grad():
        told = model.generate(**inputs, max_new_tokens=2, do_sample=False)
        both = [model.model(input_ids=ids).last_hidden_state for ids in (inputs["input_ids"], told)]
    assert np.allclose(states.asked, both[0][0, -1].numpy(), atol=1e-4)
    assert np.allclose(states.begun, both[1][0, -1].numpy(), atol=1e-4)


def test_the_command_tells_what_it_costs(tmp_path: Path, base: Path) -> None:
    words = ["tune", "probe", str(table(tmp_path / "data", 50)), "-o", str(tmp_path / "out")]
    more = ["--base", str(base), "--tokens", "3", "--side", "64", "--store", str(tmp_path)]
    done = CliRunner().invoke(app, [*words, *more])
    assert done.exit_code == 0, done.output
    assert "over-refusal: " in done.output and "README.md" in done.output


def test_few_groups_fill_every_slice_and_none_is_split() -> None:
    groups = ["a"] * 40 + ["b"] * 20 + ["c"] * 20 + ["d"] * 10 + ["e"] * 5
    parts = parts_of_groups(groups, 0)
    held = {
        group: {p for g, p in zip(groups, parts, strict=True) if g == group} for group in "abcde"
    }
    assert all(len(found) == 1 for found in held.values()) and set(parts) == {*PARTS}
    assert 0.5 < parts.count("fit") / len(parts) < 0.75
    assert parts == parts_of_groups(groups, 0)
