"""The model that is tuned: its parts, which of them are trained, and where adapters go."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from crosslight.models import locate_repository, open_network, open_processor
from crosslight.records import MissingPart
from crosslight.tune.settings import Settings

LINEAR = ("q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj")
"""What SPA-VL's script adapts; the names are those of Llama, Mistral, Qwen and Gemma alike."""
NEEDED = ("torch", "transformers", "trl", "peft", "accelerate", "datasets")


@dataclass(frozen=True, slots=True)
class Base:
    """Where the base lies, and which revision."""

    folder: Path
    name: str
    revision: str


@dataclass(frozen=True, slots=True)
class Parts:
    """Names of the parts of a network, as its parameters' names begin."""

    decoder: str
    tower: str
    projector: tuple[str, ...]


def need_extra() -> None:
    """Raises `MissingPart`, with the remedy, where the extra `train` is not installed."""
    from importlib.util import find_spec

    gone = [name for name in NEEDED if find_spec(name) is None]
    if gone:
        raise MissingPart(
            f"{', '.join(gone)} not installed: tune needs the extra",
            "pip install 'crosslight[train]' (in a checkout, with its lock: docs/tune.md)",
        )


def locate_base(spec: str, revision: str) -> Base:
    """Raises what `locate_repository` raises."""
    folder, found = locate_repository(spec, revision)
    local = Path(spec.removeprefix("hf:")).expanduser().is_dir()
    # A folder by its name alone: the revision says which files, on any machine.
    return Base(folder, folder.resolve().name if local else spec.removeprefix("hf:"), found)


def open_base(weights: Path, folder: Path, settings: Settings) -> tuple[Any, Any]:
    """The network out of `weights` (the base's folder or a checkpoint) with the parts that stay
    frozen, and the base's processor."""
    model = open_network(weights, weights_type(settings))
    freeze(model, settings)
    processor = open_processor(folder)
    if processor.tokenizer.pad_token is None:
        processor.tokenizer.pad_token = processor.tokenizer.eos_token
    return model, processor


def weights_type(settings: Settings) -> str:
    """Frozen weights may be bfloat16 on a GPU; weights that are trained are float32, or small
    steps would round to nothing."""
    return "bfloat16" if settings.lora and use_bf16(settings) else "float32"


def use_bf16(settings: Settings) -> bool:
    """Whether this machine computes in bfloat16."""
    import torch

    cuda = torch.cuda.is_available()
    return settings.precision == "bf16" and cuda and torch.cuda.is_bf16_supported()


def parts_of(model: Any) -> Parts:
    """By identity of the modules: names differ by family (`text_model`, `language_model`, ...)."""
    decoder, tower = model.get_decoder(), model.get_encoder(modality="image")
    names = {id(module): name for name, module in model.named_modules()}
    at, eyes = names[id(decoder)], names[id(tower)]
    beside = dict(model.get_submodule(at.rpartition(".")[0]).named_children())
    root = at.rpartition(".")[0]
    others = (f"{root}.{name}".lstrip(".") for name in beside)
    projector = tuple(name for name in others if name not in (at, eyes))
    return Parts(at, eyes, projector)


def freeze(model: Any, settings: Settings) -> None:
    """Only what is trained keeps a gradient: the tower and, where asked, the projector have none.

    (The projector of the Qwen family is a part of its tower, and is frozen with it.)
    """
    parts = parts_of(model)
    model.get_submodule(parts.tower).requires_grad_(settings.tower)
    for name in parts.projector:
        model.get_submodule(name).requires_grad_(settings.projector)


def adapters(model: Any, settings: Settings) -> Any:
    """PEFT's config for the decoder's linear layers, or None for a run on all weights."""
    if settings.lora is None:
        return None
    from peft import LoraConfig

    parts = parts_of(model)
    linear = "|".join(LINEAR)
    return LoraConfig(
        r=settings.lora.rank,
        lora_alpha=settings.lora.alpha,
        lora_dropout=settings.lora.dropout,
        target_modules=rf"{re.escape(parts.decoder)}\..*\.({linear})",
        modules_to_save=list(parts.projector) if settings.projector and parts.projector else None,
        task_type="CAUSAL_LM",
    )


def trained(model: Any) -> tuple[int, int]:
    """Parameters that are trained, and all."""
    sizes = [(p.numel(), p.requires_grad) for p in model.parameters()]
    return sum(n for n, on in sizes if on), sum(n for n, _ in sizes)


def head_of(model: Any) -> Any:
    """The network below adapters."""
    return model.get_base_model() if hasattr(model, "get_base_model") else model


def hidden_states(model: Any, inputs: dict[str, Any]) -> Any:
    """Last hidden states (rows, tokens, width), without the output head: TRL changes how a model's
    own forward makes logits."""
    return head_of(model).model(**inputs, use_cache=False).last_hidden_state
