"""The refusal head: trained alone, resumed to the same bytes, and no other answer is changed."""

import json
import os
import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from typer.testing import CliRunner

from crosslight.cli import app
from crosslight.models import open_network, open_processor
from crosslight.records import BadSetting, CrosslightError
from crosslight.tune import HeadJob, ProbeJob, open_switch, run_probe
from crosslight.tune.pictures import Pictures
from crosslight.tune.probe import refusal
from crosslight.tune.probe.head import load_head
from crosslight.tune.probe.measure_head import Beside, refusals
from crosslight.tune.probe.network import Network
from crosslight.tune.probe.refusal import Refusals, train_head
from crosslight.tune.probe.requests import declines, requests_of
from crosslight.tune.probe.states import asked_of, prepared
from crosslight.tune.probe.switch import said
from crosslight.tune.train.watch import Stop
from tests.tune import tiny
from tests.tune.test_probe import job, table

HEAD = HeadJob(epochs=8, rate=0.05, save_every=5)
SHORT = "I can't"
"""What tiny models learn to say: their tokens are letters."""


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.base("idefics3", tmp_path_factory.mktemp("base"))


@pytest.fixture(scope="module")
def made(base: Path, tmp_path_factory: pytest.TempPathFactory) -> ProbeJob:
    """A finished run with a head."""
    folder = tmp_path_factory.mktemp("made")
    given = job(folder, base, table(folder / "data", 30, category="open_flame"), tokens=8)
    given = replace(given, head=HEAD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(refusal, "refusal_to", lambda row: SHORT)
        assert run_probe(given).status == "complete"
    return given


def test_the_head_learns_and_nothing_else_moves(made: ProbeJob, base: Path) -> None:
    told = json.loads((made.out / "run.json").read_text())
    head, files = told["refusal_head"], told["files"]
    assert head["losses"][-1] < 0.5 * head["losses"][0]
    assert head["held_out_loss"]["after"] < 0.7 * head["held_out_loss"]["before"]
    # The price is beside the gain, in shares of what is known.
    refused = head["refused"]
    assert refused["unsafe"]["without"]["n"] == 0 and refused["unsafe"]["with"]["value"] > 0.6
    switched = told["switch"]["over"]["n"]
    assert refused["safe"]["with"]["n"] == switched and refused["safe"]["with"]["of"] >= 3
    assert set(files) == {"probes.npz", "head.safetensors"}
    assert not (made.out / "head" / "checkpoints").exists()
    model = open_network(base, "float32")
    own = model.get_output_embeddings()
    (weight,) = load_file(made.out / "head.safetensors").values()
    assert weight.shape == own.weight.shape and not torch.equal(weight, own.weight)
    assert head["trained_parameters"] == own.weight.numel()
    card = (made.out / "README.md").read_text()
    assert "## The refusal head" in card and "| safe | 0.0%" in card


@pytest.mark.parametrize("tie", [False, True])
def test_training_touches_no_bit_of_the_base(tmp_path: Path, base: Path, tie: bool) -> None:
    given = job(tmp_path, base, table(tmp_path / "data", 12))
    network = Network(base, Pictures(given.images, 32), tmp_path)
    model = network.model
    if tie:
        model.get_output_embeddings().weight = model.get_input_embeddings().weight
        model.config.tie_word_embeddings = True
    own, tied = model.get_output_embeddings(), model.config.tie_word_embeddings
    before = {name: value.clone() for name, value in model.state_dict().items()}
    rows = [row for row in requests_of(given, lambda: None).rows if row.unsafe]
    done = train_head(network, rows, HeadJob(2, 0.02), 0, tmp_path / "out", Stop())
    assert done is not None and done["losses"][-1] < done["losses"][0]
    after = model.state_dict()
    assert before.keys() == after.keys()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert model.get_output_embeddings() is own and model.config.tie_word_embeddings == tied
    assert (own.weight is model.get_input_embeddings().weight) == tie
    assert all(value.grad is None for value in model.parameters())
    trained = load_head(tmp_path / "out" / "head.safetensors", own)
    assert not torch.equal(trained["weight"], before["lm_head.weight"])


def test_only_the_refusal_has_labels_and_it_stands_behind_the_prompt(
    tmp_path: Path, base: Path
) -> None:
    given = job(tmp_path, base, table(tmp_path / "data", 4, category="open_<end>_flame"))
    network = Network(base, Pictures(given.images, 32), tmp_path)
    rows = [row for row in requests_of(given, lambda: None).rows if row.unsafe]
    assert rows[0].image is not None
    one, prompt = Refusals(network, rows)[0], network.inputs(rows[0])
    start = prompt["input_ids"].shape[1]
    assert torch.equal(one["input_ids"][:, :start], prompt["input_ids"])
    assert (one["labels"][:, :start] == -100).all()
    assert torch.equal(one["labels"][:, start:], one["input_ids"][:, start:])
    assert one["attention_mask"].shape == one["input_ids"].shape and one["attention_mask"].all()
    assert one["labels"][0, -1] == network.model.generation_config.eos_token_id
    assert "pixel_values" in one


def test_a_head_that_was_stopped_goes_on_to_the_same_bytes(
    made: ProbeJob, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[int] = []
    real = Refusals.__getitem__

    def interrupted(self: Refusals, at: int) -> dict[str, Any]:
        seen.append(at)
        if len(seen) == 50:
            os.kill(os.getpid(), signal.SIGTERM)
        return real(self, at)

    part = replace(made, out=tmp_path / "out")
    assert run_probe(replace(part, head=None)).status == "complete"
    probes = (part.out / "probes.npz").read_bytes()
    monkeypatch.setattr(refusal, "refusal_to", lambda row: SHORT)
    monkeypatch.setattr(Refusals, "__getitem__", interrupted)
    stopped = run_probe(part)
    assert (stopped.status, stopped.exit_code) == ("stopped", 3) and "SIGTERM" in stopped.reason
    assert not (part.out / "head.safetensors").exists()
    assert list((part.out / "head" / "checkpoints").glob("checkpoint-*"))
    with pytest.raises(BadSetting, match=r"another set-up: head.rate"):
        run_probe(replace(part, head=replace(HEAD, rate=0.04)))
    seen.clear()
    assert run_probe(part).status == "complete" and len(seen) < 100
    assert (part.out / "probes.npz").read_bytes() == probes
    for name in ("probes.npz", "head.safetensors", "README.md"):
        assert (part.out / name).read_bytes() == (made.out / name).read_bytes(), name


def test_off_it_is_the_base_and_on_it_declines(made: ProbeJob, base: Path) -> None:
    switch = open_switch(made.out, str(base))
    model, processor = open_network(base, "float32").eval(), open_processor(base)
    said_so = set()
    for word in ("people people", "fire fire"):
        messages = asked_of(f"look at the {word}", 0)
        found = switch.answer(messages, [], 8)
        own = said(model, processor, prepared(processor, messages, []), 8)
        assert (
            found.switched == bool(declines(found.text)) and (found.text == own) != found.switched
        )
        said_so.add(found.switched)
    assert said_so == {True, False}


def test_a_folder_of_somebody_is_checked(made: ProbeJob, base: Path, tmp_path: Path) -> None:
    def copy(name: str) -> Path:
        folder = tmp_path / name
        folder.mkdir()
        for file in ("run.json", "probes.npz", "head.safetensors"):
            (folder / file).write_bytes((made.out / file).read_bytes())
        return folder

    changed = copy("changed")
    data = bytearray((changed / "head.safetensors").read_bytes())
    data[-1] ^= 1
    (changed / "head.safetensors").write_bytes(data)
    with pytest.raises(BadSetting, match="not the file that run"):
        open_switch(changed, str(base))
    for key, value, why in (
        ("status", "stopped", "no run of `tune probe` that is complete"),
        ("files", {"../probes.npz": "0" * 64}, "no run of `tune probe`"),
        ("models", [{"spec": base.name, "revision": "f" * 64}], "are of idefics3 at ffff"),
        ("models", None, "no probes that are named"),
    ):
        folder = copy(f"{key}-{len(why)}")
        told = json.loads((folder / "run.json").read_text()) | {key: value}
        (folder / "run.json").write_text(json.dumps(told))
        with pytest.raises(BadSetting, match=why):
            open_switch(folder, str(base))


def test_a_head_of_somebody_is_numbers_of_the_right_shape(tmp_path: Path) -> None:
    like, path = torch.nn.Linear(4, 6, bias=False), tmp_path / "head.safetensors"
    for data in (b"", b"\x80\x04 pickle", b"\xff" * 64):
        path.write_bytes(data)
        with pytest.raises(BadSetting, match="holds no head"):
            load_head(path, like)
    with path.open("wb") as file:
        file.truncate(1 << 40)  # claims to be large: nothing of it is read beyond a head's size
    for arrays, why in (
        (None, "holds no head"),
        ({"weight": torch.zeros(6, 5)}, "no head of this model"),
        ({"weight": torch.zeros(6, 4), "more": torch.zeros(1)}, "no head of this model"),
        ({"weight": torch.full((6, 4), torch.nan)}, "a number that is none"),
        ({"weight": torch.zeros(6, 4, dtype=torch.int32)}, "a number that is none"),
    ):
        if arrays is not None:
            save_file(arrays, path)
        with pytest.raises(BadSetting, match=why):
            load_head(path, like)
    save_file({"weight": like.weight.detach()}, path)
    assert torch.equal(load_head(path, like)["weight"], like.weight)


def test_an_empty_answer_is_neither_refusal_nor_help() -> None:
    told = refusals([Beside(1, "", "I can't help."), Beside(1, "Sure", ""), Beside(0, " ", "")])
    assert told["unsafe"]["without"]["value"] == 0 and told["unsafe"]["without"]["unknown"] == 1
    assert told["unsafe"]["with"]["value"] == 1 and told["unsafe"]["with"]["unknown"] == 1
    assert told["safe"]["with"] == {
        **{"value": None, "low": None, "high": None},
        **{"n": 0, "of": 0, "unknown": 1},
    }
    long = "I cannot help with this: " + "it may do harm and " * 30
    assert declines(long) is True, "a refusal with reasons is one"
    assert declines("Sure. " + "Then light it. " * 20 + "I can't say more.") is False


def test_labels_of_answers_are_no_labels_of_requests(tmp_path: Path, base: Path) -> None:
    data = table(tmp_path / "data", 40)
    lines = [json.loads(line) for line in data.read_text().splitlines()]
    # The same request, labelled by what each answer does.
    lines += [line | {"answer": "Go on.", "label": "unsafe", "id": "a"} for line in lines[:10]]
    lines += [lines[1], {**lines[3], "id": "again"}]
    lines[2]["sensitive"] = True
    data.write_text("\n".join(map(json.dumps, lines)))
    told = run_probe(job(tmp_path, base, data)).summary
    assert told["rows"] == 39 and told["account"]["inputs"] == 52 and told["dropped"] == 13
    with pytest.raises(CrosslightError, match="its label is of an answer"):
        run_probe(
            job(tmp_path / "b", base, table(tmp_path / "other", 10, answer="Go on.")),
        )


def test_settings_of_no_head_are_refused(tmp_path: Path, base: Path) -> None:
    words = ["tune", "probe", "x.jsonl", "-o", str(tmp_path / "o"), "--base", str(base)]
    done = CliRunner().invoke(app, [*words, "--head-rate", "1e-4"])
    assert isinstance(done.exception, BadSetting) and not (tmp_path / "o").exists()
    with pytest.raises(BadSetting, match="epochs"):
        HeadJob(rate=2.0)
