"""Families of vision-language models, by `model_type` of their config. One file a family."""

from crosslight.models.hf.families.base import Family, Parts, Seen
from crosslight.models.hf.families.gemma import Gemma3, Gemma4
from crosslight.models.hf.families.idefics3 import Idefics3
from crosslight.models.hf.families.internvl import InternVL
from crosslight.models.hf.families.llava import Llava
from crosslight.models.hf.families.llava_next import LlavaNext
from crosslight.models.hf.families.llava_onevision import LlavaOneVision
from crosslight.models.hf.families.minicpm import MiniCPM
from crosslight.models.hf.families.mllama import Mllama
from crosslight.models.hf.families.paligemma import PaliGemma
from crosslight.models.hf.families.pixtral import Pixtral
from crosslight.models.hf.families.qwen_vl import QwenVL

FAMILIES: dict[str, type[Family]] = {
    "idefics3": Idefics3,
    "smolvlm": Idefics3,
    "llava": Llava,
    "llava_next": LlavaNext,
    "llava_onevision": LlavaOneVision,
    "mistral3": Pixtral,
    "qwen2_vl": QwenVL,
    "qwen2_5_vl": QwenVL,
    "qwen3_vl": QwenVL,
    "qwen3_vl_moe": QwenVL,
    "qwen3_5": QwenVL,
    "qwen3_5_moe": QwenVL,
    "glm4v": QwenVL,
    "glm4v_moe": QwenVL,
    "glm46v": QwenVL,
    "internvl": InternVL,
    "gemma3": Gemma3,
    "gemma4": Gemma4,
    "paligemma": PaliGemma,
    "mllama": Mllama,
    "minicpmv4_6": MiniCPM,
    "minicpmv4_7": MiniCPM,
}


def family_of(kind: str, parts: Parts) -> Family:
    """The family of an open model. Raises NotSupported."""
    eyes = getattr(parts.model.config, "vision_config", None)
    if kind == "llava" and getattr(eyes, "model_type", "") == "pixtral":
        return Pixtral(parts)
    return FAMILIES[kind](parts)


__all__ = ["FAMILIES", "Family", "Parts", "Seen", "family_of"]
