"""A LoRA adapter laid over a network: safetensors only, and nothing of its config that loads code.

Runs in the torch lane.
"""

import json
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from crosslight.models.errors import Missing, NotSupported
from crosslight.models.hf import files
from crosslight.models.tuned.folder import CONFIG, WEIGHTS

KEPT = (
    *("peft_type", "task_type", "r", "lora_alpha", "lora_dropout", "target_modules", "bias"),
    *("modules_to_save", "fan_in_fan_out", "use_rslora", "use_dora", "inference_mode"),
    *("rank_pattern", "alpha_pattern", "layers_to_transform", "layers_pattern"),
)
"""What a LoRA needs to be laid over a network. Others name modules to import, or other models."""


def with_adapter(model: Any, folder: Path) -> Any:
    """The network with the adapter's weights merged into its own. Raises Missing, NotSupported."""
    if find_spec("peft") is None:
        raise Missing("peft not installed", hint="pip install 'crosslight[train]'")
    from peft import PeftModel

    config = files.read_json(folder, CONFIG)
    if config.get("peft_type") != "LORA":
        raise NotSupported(f"{folder.name} is no LoRA adapter", hint="tune it with a LoRA preset")
    weights = folder / WEIGHTS
    if not weights.is_file():
        raise NotSupported(f"{folder.name} holds no {WEIGHTS}", hint=files.SAFE)
    with tempfile.TemporaryDirectory(prefix="crosslight-adapter-") as name:
        room = Path(name)
        kept = {key: config[key] for key in KEPT if key in config}
        (room / CONFIG).write_text(json.dumps(kept), "utf-8")
        shutil.copyfile(weights.resolve(), room / WEIGHTS)
        try:
            laid = PeftModel.from_pretrained(model, str(room), is_trainable=False)
            merged = laid.merge_and_unload(safe_merge=True)
        # Files of strangers: peft, torch and safetensors each raise their own.
        except Exception as error:
            told = " ".join(str(error).replace(str(room), "it").split())
            raise NotSupported(
                f"peft cannot lay {folder.name} over its base: {told}"[:300],
                hint="is it an adapter of this base?",
            ) from None
    return merged.eval().requires_grad_(False)
