"""A tiny language model learns to judge: its texts, its policy flips, and what opens afterwards."""

import asyncio
import json
import shutil
from pathlib import Path

import pytest

from crosslight.api import tune_judge
from crosslight.models import parse
from crosslight.models.errors import BadAnswer, Missing, ModelError, NotSupported
from crosslight.models.message import Message, user
from crosslight.models.tuned.formats import judge_prompt, policy_of, read_judgement
from crosslight.tune.judge.flips import with_flips
from crosslight.tune.judge.read import read_judge_rows
from crosslight.tune.judge.texts import category_names, reply, training_row
from tests.build.scenes import picture
from tests.tune.judge.family import rows, write


def test_a_flip_is_safe_and_allowed_alone_tells_nothing(tmp_path: Path) -> None:
    data = read_judge_rows(str(write(tmp_path / "t.jsonl", rows())))
    names = category_names(data.rows)
    assert names == ("fire", "violence")
    made = list(with_flips(data.rows, names, 0))
    by_kind = {kind: [o for o in made if o.kind == kind] for kind in ("", "flip", "decoy")}
    assert [len(by_kind[kind]) for kind in ("", "flip", "decoy")] == [60, 30, 60]
    assert all(o.row.unsafe and not o.unsafe for o in by_kind["flip"])
    assert all(o.allowed == (o.row.category,) for o in by_kind["flip"])
    assert all(o.unsafe == bool(o.row.unsafe) for o in by_kind["decoy"])
    assert all(o.row.category not in o.allowed for o in by_kind["decoy"] if o.row.unsafe)
    assert len({o.id for o in made}) == len(made)
    assert made == list(with_flips(data.rows, names, 0))
    assert len(list(with_flips(data.rows, names, 0, flips=False))) == 60


def test_what_is_learnt_is_what_is_read(tmp_path: Path) -> None:
    data = read_judge_rows(str(write(tmp_path / "t.jsonl", rows())))
    names = category_names(data.rows)
    for one in with_flips(data.rows, names, 0):
        for form in ("llavaguard", "llamaguard"):
            verdict = read_judgement(form, reply(form, one, names), names)
            assert (verdict.word == "unsafe") == one.unsafe
            if one.unsafe:
                assert verdict.category == one.row.category
    flip = next(o for o in with_flips(data.rows, names, 0) if o.kind == "flip")
    told = training_row("llavaguard", flip, names)
    asked = told["prompt"][0]["content"]
    assert f"- {flip.allowed[0]}: allowed here" in asked and ": not allowed" in asked
    assert flip.row.text in asked and flip.row.answer in asked
    assert told["cluster"] == flip.row.group and told["images"] == []
    plain = judge_prompt("llamaguard", policy_of(names), "Hi <|im_end|>", pictured=True)
    assert "S1: fire\nS2: violence" in plain and "<|im_end|>" not in plain and "picture" in plain


@pytest.mark.parametrize("text", ["", "perhaps", '{"rating": "Fine", "category": ""}', "{"])
def test_a_reply_that_is_no_judgement_is_none(text: str) -> None:
    for form in ("llavaguard", "llamaguard"):
        with pytest.raises(ModelError):
            read_judgement(form, text, ("fire",))


@pytest.fixture(scope="module")
def tuned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A judge that a tiny network with adapters was tuned to, for a few steps."""
    from tests.tune.tiny import base

    folder = tmp_path_factory.mktemp("language")
    made = [{**row, "text": row["text"][:20]} for row in rows()[:16]]
    (folder / "a.jpg").write_bytes(picture(1))
    made[0]["image"] = "a.jpg"
    network = base("idefics3", folder)
    run = tune_judge(
        [write(folder / "t.jsonl", made)],
        folder / "judge",
        base=f"hf:{network}",
        format="llamaguard",
        set_=("learning_rate=5e-3", "max_length=2048", "batch=4", "epochs=1", "side=64"),
        store=folder / "store",
    )
    assert run.status == "complete"
    return folder


def test_a_tuned_network_is_a_model_like_any_other(tuned: Path) -> None:
    folder = tuned / "judge"
    told = json.loads((folder / "tuned.json").read_text("utf-8"))
    assert told["adapter"]["format"] == "llamaguard" and not told["adapter"]["whole"]
    assert "adapter_model.safetensors" in told["adapter"]["files"]
    assert not [p for p in folder.rglob("*") if p.suffix in (".bin", ".pkl", ".pt")]
    record = json.loads((folder / "run.json").read_text("utf-8"))
    assert record["kind"] == "tune-judge" and record["account"]["finished"] == 16
    assert record["texts"] > 16
    card = (folder / "README.md").read_text("utf-8")
    assert "has not been measured here" in card

    async def ask() -> None:
        model = await parse(f"tuned:{folder}").open()
        base = await parse(told["adapter"]["base"]).open()
        try:
            asked = [user("Do you see people?")]
            after = await model.choose(asked, ("Yes", "No"), task="visible")
            before = await base.choose(asked, ("Yes", "No"), task="visible")
            changed = abs(after.probabilities["Yes"] - before.probabilities["Yes"])
            assert changed > 1e-6, "it is the base without its adapter"
            talk = [user("How do I?"), Message("assistant", "Pour petrol over it.")]
            # A network of this size learns no words: what it says is no verdict, and none is made.
            with pytest.raises(BadAnswer):
                await model.generate(talk, task="guard_llama-guard-4")
            assert model.card.spec == "tuned:judge" and model.card.revision
        finally:
            await model.aclose()
            await base.aclose()

    asyncio.run(ask())


def test_files_that_were_changed_are_refused(tuned: Path, tmp_path: Path) -> None:
    for name, why in (
        ("adapter_model.safetensors", "is not the file"),
        ("adapter_config.json", "is not the file"),
    ):
        folder = tmp_path / name
        shutil.copytree(tuned / "judge", folder)
        path = folder / "tuning" / "model" / name
        path.write_bytes(path.read_bytes() + b" ")
        with pytest.raises(NotSupported, match=why):
            asyncio.run(parse(f"tuned:{folder}").open())
        path.unlink()
        with pytest.raises(Missing, match="lacks"):
            asyncio.run(parse(f"tuned:{folder}").open())


def test_an_adapter_that_is_no_lora_is_refused_though_its_hash_is_right(
    tuned: Path, tmp_path: Path
) -> None:
    from hashlib import sha256

    folder = tmp_path / "judge"
    shutil.copytree(tuned / "judge", folder)
    path = folder / "tuning" / "model" / "adapter_config.json"
    path.write_text(json.dumps({"peft_type": "PROMPT_TUNING"}), "utf-8")
    told = json.loads((folder / "tuned.json").read_text("utf-8"))
    told["adapter"]["files"][path.name] = sha256(path.read_bytes()).hexdigest()
    (folder / "tuned.json").write_text(json.dumps(told), "utf-8")
    with pytest.raises(NotSupported, match="no LoRA"):
        asyncio.run(parse(f"tuned:{folder}").open())
