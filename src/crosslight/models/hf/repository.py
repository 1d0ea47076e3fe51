"""A repository that a model is tuned from: its files, its network and its whole processor.

The same rules as for asking it: safetensors only, no code of the repository is run.
"""

import shutil
from pathlib import Path
from typing import Any

from crosslight.models.errors import NotSupported
from crosslight.models.hf import files
from crosslight.models.hf.backend import need_torch
from crosslight.models.hf.quiet import no_bars
from crosslight.models.hf.spec import HfSpec

KEPT = {"trust_remote_code": False, "local_files_only": True}
NETWORK = (".index.json", "generation_config.json")
"""Ends of files that belong to the weights."""
QWEN = {
    "qwen2_vl": "Qwen2VLProcessor",
    "qwen2_5_vl": "Qwen2_5_VLProcessor",
    "qwen3_vl": "Qwen3VLProcessor",
}
"""Families whose processor wants torchvision for videos, which nothing here is trained on."""


def locate_repository(spec: str, revision: str = "") -> tuple[Path, str]:
    """Folder and revision of OWNER/REPO or FOLDER, with or without `hf:` before it.

    Blocks. Raises BadSpec, Missing, Denied, Unreachable, NotSupported.
    """
    need_torch()
    place = HfSpec.read(spec.removeprefix("hf:"))
    return files.locate(place.place, revision or place.revision)


def open_network(folder: Path, dtype: str) -> Any:
    """A vision-language network with its weights, on the CPU. Raises NotSupported."""
    import torch
    import transformers

    with files.vetted(folder) as room:
        kind = str(files.read_json(room, "config.json").get("model_type", ""))
        if (
            kind
            not in transformers.models.auto.modeling_auto.MODEL_FOR_IMAGE_TEXT_TO_TEXT_MAPPING_NAMES
        ):
            raise NotSupported(
                f"{folder.name} is no vision-language model that transformers knows ({kind})",
                hint="--base takes a repository or folder of one, e.g. of Qwen-VL or SmolVLM",
            )
        try:
            with no_bars():
                return transformers.AutoModelForImageTextToText.from_pretrained(
                    str(room), dtype=getattr(torch, dtype), use_safetensors=True, **KEPT
                )
        except (OSError, ValueError, ImportError, KeyError, RuntimeError) as error:
            raise NotSupported(f"transformers cannot load {folder.name}: {error}"[:300]) from None


def open_processor(folder: Path) -> Any:
    """Tokenizer, template and image processor together. Raises NotSupported."""
    import transformers

    with files.vetted(folder) as room:
        kind = str(files.read_json(room, "config.json").get("model_type", ""))
        try:
            with no_bars():
                return transformers.AutoProcessor.from_pretrained(str(room), **KEPT)
        except (OSError, ValueError, ImportError, KeyError, AttributeError) as error:
            if kind in QWEN:
                return _images_only(QWEN[kind], room)
            raise NotSupported(
                f"no processor for {folder.name}: {' '.join(str(error).split())}"[:300],
                hint="pip install torchvision, where it is the video part that is missing",
            ) from None


def _images_only(name: str, folder: Path) -> Any:
    """A processor of the Qwen family without its video part."""
    import transformers
    from transformers.processing_utils import ProcessorMixin

    base: Any = getattr(transformers, name)

    def begin(
        self: Any, image_processor: Any = None, tokenizer: Any = None, chat_template: Any = None
    ) -> None:
        for what in ("image", "video"):
            token = f"<|{what}_pad|>"
            setattr(self, f"{what}_token", token)
            setattr(self, f"{what}_token_id", tokenizer.convert_tokens_to_ids(token))
        for what in ("start", "end"):
            token = f"<|vision_{what}|>"
            setattr(self, f"vision_{what}_token", token)
            setattr(self, f"vision_{what}_token_id", tokenizer.convert_tokens_to_ids(token))
        ProcessorMixin.__init__(self, image_processor, tokenizer, chat_template=chat_template)

    made = type(name, (base,), {"__init__": begin})
    image = transformers.AutoImageProcessor.from_pretrained(str(folder), backend="pil", **KEPT)
    tokenizer = transformers.AutoTokenizer.from_pretrained(str(folder), **KEPT)
    return made(image, tokenizer, chat_template=tokenizer.chat_template)


def copy_processor(folder: Path, out: Path) -> None:
    """Tokenizer, template and image processor of a repository beside weights that were made of it,
    as they are; nothing that is there already is replaced. Raises NotSupported."""
    for path in files.loadable(folder):
        place = out / path.name
        named = path.name == "config.json" or path.name.endswith(NETWORK)
        of_network = named or path.suffix == ".safetensors"
        if not of_network and not path.name.startswith(files.REFUSED) and not place.exists():
            shutil.copyfile(path.resolve(), place)
