"""A language model that `crosslight tune` left (sft, dpo, grpo): its base with the adapter, or all
weights of its own."""

import asyncio
import hashlib
from dataclasses import replace
from pathlib import Path
from typing import Any

from crosslight.models.errors import NotSupported
from crosslight.models.hf.backend import HfBackend
from crosslight.models.protocol import Model
from crosslight.store import UnreadableFile, file_sha256, read_json, stays_in

RUN, MODEL = "run.json", "model"
CONFIG, WEIGHTS = "adapter_config.json", "adapter_model.safetensors"
METHODS = ("sft", "dpo", "grpo")
AGAIN = "name the folder of a run of `tune sft`, `tune dpo` or `tune grpo` that came to its end"


def is_network(folder: Path) -> bool:
    """Whether a run of tune lies there that left a language model."""
    told = _run(folder)
    if told.get("kind") != "tune" or told.get("method") not in METHODS:
        return False
    return any((folder / MODEL / name).is_file() for name in (CONFIG, "config.json"))


def _run(folder: Path) -> dict[str, Any]:
    try:
        told = read_json(folder / RUN)
    except (OSError, UnreadableFile):
        return {}
    return told if isinstance(told, dict) else {}


def backend_of(folder: Path) -> HfBackend:
    """What is opened. Raises BadSpec, Missing, NotSupported."""
    model = folder / MODEL
    if not stays_in(folder, model):
        raise NotSupported(f"{MODEL} is a link out of {folder.name}", hint=AGAIN)
    if not (model / CONFIG).is_file():
        return HfBackend.read(str(model))
    for name in (CONFIG, WEIGHTS):
        if not (model / name).is_file() or not stays_in(folder, model / name):
            raise NotSupported(f"{folder.name} lacks {name}, or it is a link out", hint=AGAIN)
    try:
        base = read_json(model / CONFIG)["base_model_name_or_path"]
    except (OSError, UnreadableFile, LookupError, TypeError) as error:
        raise NotSupported(f"{folder.name}: {CONFIG} does not say its base", hint=AGAIN) from error
    found = HfBackend.read(str(base).removeprefix("hf:"))
    local = Path(found.place).expanduser().is_dir()
    return replace(found, adapter=str(model), revision="" if local else _revision(folder))


def _revision(folder: Path) -> str:
    """Of the base, as the run recorded it; empty where it does not say."""
    models = _run(folder).get("models")
    first = models[0] if isinstance(models, list) and models else {}
    return str(first.get("revision", "")) if isinstance(first, dict) else ""


async def open_network(folder: Path) -> Model:
    """The model, under a name of its own in every key. Raises what its base's opening raises."""
    backend = await asyncio.to_thread(backend_of, folder)
    spec = await asyncio.to_thread(lambda: f"tuned:{folder.resolve().name}")
    model: Any = await backend.open()
    card = model.card
    if not backend.adapter:
        model.card = replace(card, spec=spec)
        return model  # type: ignore[no-any-return]
    wanted = _revision(folder)
    if wanted and card.revision != wanted:
        await model.aclose()
        raise NotSupported(
            f"{folder.name} was tuned from another revision of {card.name} "
            f"({wanted[:16]}, here {card.revision[:16]})",
            hint=AGAIN,
        )
    digest = await asyncio.to_thread(_digest, folder / MODEL)
    model.card = replace(
        card,
        spec=spec,
        revision=digest[:16],
        parts=(*card.parts, ("base", f"{card.name} {card.revision}"), ("adapter", digest)),
    )
    return model  # type: ignore[no-any-return]


def _digest(model: Path) -> str:
    whole = hashlib.sha256()
    for name in (CONFIG, WEIGHTS):
        whole.update(bytes.fromhex(file_sha256(model / name)))
    return whole.hexdigest()
