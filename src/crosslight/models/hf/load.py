"""Opens what a repository holds: language model, encoder or detector. Runs in the torch lane."""

import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import transformers

from crosslight.models.errors import Missing, ModelError, NotSupported
from crosslight.models.hf import files, weights
from crosslight.models.hf.adapter import with_adapter
from crosslight.models.hf.families import FAMILIES, Family, Parts, family_of
from crosslight.models.hf.network import Network
from crosslight.models.hf.options import Vocabulary
from crosslight.models.hf.prompt import Renderer
from crosslight.models.hf.quiet import no_bars
from crosslight.models.hf.score import Scorer
from crosslight.models.hf.selftest import examine
from crosslight.models.hf.spec import HfSpec
from crosslight.models.protocol import Model, ModelCard

if TYPE_CHECKING:
    from crosslight.models.hf.model import HfModel

ENCODERS = ("clip", "siglip", "siglip2", "metaclip_2")
DETECTORS = ("owlv2", "owlvit")
EYES = ("vision_config", "mm_vision_tower", "visual")
"""What configs of models with eyes hold."""
_DETECT = "AutoModelForZeroShotObjectDetection"


def load(backend: HfSpec) -> Model:
    """A model ready to answer. Raises Missing, NotSupported, Unreachable, Denied."""
    device = _device(backend.device)
    folder, revision = files.locate(backend.place, backend.revision)
    config = files.read_json(folder, "config.json")
    kind = str(config.get("model_type", ""))
    _check_known(kind, config)
    weights.check_files(folder)
    dtype = backend.dtype or ("float32" if device.type == "cpu" else "auto")
    card = _card(backend, folder, revision)
    with files.vetted(folder) as room:
        return _from_room(backend, kind, room, card, device, dtype)


def _from_room(
    backend: HfSpec, kind: str, folder: Path, card: ModelCard, device: torch.device, dtype: str
) -> Model:
    if kind in ENCODERS:
        from crosslight.models.hf.encoder import HfEncoder

        return HfEncoder(*_weights("AutoModel", folder, device, dtype, card.name), folder, card)
    if kind in DETECTORS:
        from crosslight.models.hf.detector import HfDetector

        return HfDetector(*_weights(_DETECT, folder, device, dtype, card.name), folder, card)
    return _language_model(backend, kind, folder, card, device, dtype)


def _language_model(
    backend: HfSpec, kind: str, folder: Path, card: ModelCard, device: torch.device, dtype: str
) -> "HfModel":
    from crosslight.models.hf.model import HfModel

    auto = "AutoModelForImageTextToText" if kind in FAMILIES else "AutoModelForCausalLM"
    model, tokenizer = _weights(auto, folder, device, dtype, card.name)
    if backend.adapter:
        model = with_adapter(model, Path(backend.adapter))
    family: Family | None = None
    if kind in FAMILIES:
        family = family_of(kind, Parts(model, tokenizer, folder, backend.split))
    renderer = Renderer(tokenizer, _template(tokenizer, folder), family)
    network = Network(model, family)
    scorer = Scorer(network, "packed", backend.memory_mb * 2**20)
    report = examine(scorer, renderer)
    scorer.method = report.method
    notes = [report.weakness] if report.weakness else []
    if renderer.plain:
        notes.append("has no chat template: asked in plain `User:` and `Assistant:` lines")
    if report.method == "full":
        warnings.warn(f"{card.name}: {report.weakness}", RuntimeWarning, stacklevel=2)
    return HfModel(
        scorer,
        renderer,
        Vocabulary(tokenizer),
        tokenizer,
        card=replace(card, weakness="; ".join(notes)),
        report=report,
        room=backend.room,
    )


def _check_known(kind: str, config: Mapping[str, Any]) -> None:
    """Whether this kind can be opened here as what it is: a model with eyes never without them.
    Raises NotSupported."""
    from transformers.models.auto import modeling_auto as auto

    if kind in (*FAMILIES, *ENCODERS, *DETECTORS):
        return
    seeing = (
        auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES,
        auto.MODEL_FOR_MULTIMODAL_LM_MAPPING_NAMES,
    )
    sees = any(kind in kinds for kinds in seeing) or any(key in config for key in EYES)
    writes = kind in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES
    if writes and not sees:
        return
    told = f"{kind!r} is not known here" if kind else "config.json names no model_type"
    raise NotSupported(
        told + (", and would be opened as a model of text alone" if writes else ""),
        hint="serve it with vLLM and name openai:MODEL@URL",
    )


def _check_attention(config: Any) -> None:
    """Ours, whatever a config says: another name can be a kernel that is fetched from the hub."""
    for one in (config, *(getattr(config, name, None) for name in config.sub_configs)):
        chosen = getattr(one, "_attn_implementation", None)
        if chosen not in (None, "sdpa", "eager"):
            raise NotSupported(f"the attention {chosen!r} is not used here")


def _weights(
    auto: str, folder: Path, device: torch.device, dtype: str, name: str
) -> tuple[Any, Any]:
    """Model (in eval mode on its device) and tokenizer. No code of the repository is run."""
    kept = {"trust_remote_code": False, "local_files_only": True}
    try:
        with no_bars():
            tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **kept)
            loader = getattr(transformers, auto)
            wanted = dtype if dtype == "auto" else getattr(torch, dtype)
            model, found = loader.from_pretrained(
                str(folder),
                dtype=wanted,
                use_safetensors=True,
                output_loading_info=True,
                ignore_mismatched_sizes=True,  # told by ours, with the names
                **kept,
            )
        weights.check_fit(name, found)
        _check_attention(model.config)
    except ModelError:
        raise
    # Files of strangers: transformers, tokenizers, safetensors and pickle each raise their own.
    except Exception as error:
        text = " ".join(str(error).replace(str(folder), "it").split())
        raise NotSupported(
            f"transformers cannot load {name}: {text}"[:300],
            hint="is it whole, with a tokenizer, and of a kind that this transformers knows? "
            "Code of a repository is never run.",
        ) from None
    model.eval().requires_grad_(False)
    try:
        return model.to(device), tokenizer
    except torch.OutOfMemoryError:
        raise NotSupported(
            f"{name} does not fit into the memory of {device}",
            hint="?dtype=bfloat16 halves it; or serve the model and name it openai:MODEL@URL",
        ) from None


def _device(wanted: str) -> torch.device:
    kind = wanted.partition(":")[0]
    if not wanted:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    there = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available()}
    if not there.get(kind, True):
        raise Missing(f"this machine has no {kind} device", hint="leave ?device= out")
    return torch.device(wanted)


def _template(tokenizer: Any, folder: Path) -> str | None:
    """The chat template, wherever the repository keeps it."""
    places = (
        tokenizer.chat_template,
        files.read_json(folder, "chat_template.json").get("chat_template"),
        files.read_json(folder, "processor_config.json").get("chat_template"),
    )
    return next((found for found in places if isinstance(found, str)), None)


def _card(backend: HfSpec, folder: Path, revision: str) -> ModelCard:
    local = Path(backend.place).expanduser().is_dir()
    # A folder's name, not its path: the revision says which files, on any machine.
    name = folder.resolve().name if local else backend.place
    query = backend.spec.partition("?")[2]
    return ModelCard(
        spec=f"hf:{name}" + (f"?{query}" if query else ""),
        name=name,
        revision=revision,
        queues=True,
        usd_per_million_in=0.0,
        usd_per_million_out=0.0,
        parts=(("torch", torch.__version__), ("transformers", transformers.__version__)),
    )
