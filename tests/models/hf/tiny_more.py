"""More tiny families: one layer or two, 32 wide, so that opening one costs little."""

from pathlib import Path
from typing import Any

import transformers as tf

from tests.models.hf import tiny

SHARING = ("llava_next", "mistral3", "pixtral", "glm4v", "qwen3_vl_moe", "gemma3", "gemma4")
"""Families whose prompts share their beginning."""
APART = ("paligemma", "mllama", "minicpm", "qwen3_5")
"""Families that are asked by full prompts."""
GRIDS = [[32, 64], [64, 32], [64, 64]]


def save(kind: str, folder: Path) -> Path:
    """A whole repository of a family, see `tiny.save`."""
    make, eyes = MADE[kind]
    tiny.saved(kind, make, eyes, folder)
    if kind == "paligemma":
        (folder / "chat_template.jinja").unlink()
    return folder


def text(tokenizer: Any, kind: str = "llama", **more: Any) -> dict[str, Any]:
    """A text config of two layers, 32 wide."""
    small = {"hidden_size": 32, "intermediate_size": 48, "num_attention_heads": 2}
    fields = {**small, "num_key_value_heads": 1, "max_position_embeddings": 2048, **more}
    config: dict[str, Any] = tf.AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        num_hidden_layers=fields.pop("num_hidden_layers", 2),
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=tokenizer.eos_token_id,
        **fields,
    ).to_dict()
    return config


def build(kind: str, **fields: Any) -> Any:
    return tf.AutoModelForImageTextToText.from_config(tf.AutoConfig.for_model(kind, **fields))


def ids(tokenizer: Any, **names: str) -> dict[str, int]:
    return {name: tokenizer.convert_tokens_to_ids(token) for name, token in names.items()}


def llava_next(tokenizer: Any) -> Any:
    return build(
        "llava_next",
        text_config=text(tokenizer),
        vision_config=tiny.vision_config("clip_vision_model").to_dict(),
        image_grid_pinpoints=GRIDS,
        vision_feature_layer=-2,
        **ids(tokenizer, image_token_index="<image>"),
    )


def mistral3(tokenizer: Any) -> Any:
    eyes = tiny.vision_config("pixtral", image_size=96, head_dim=16, num_hidden_layers=1)
    return build(
        "mistral3",
        text_config=text(tokenizer, "mistral", head_dim=16, sliding_window=None),
        vision_config=eyes.to_dict(),
        spatial_merge_size=2,
        **ids(tokenizer, image_token_index="[IMG]"),
    )


def pixtral(tokenizer: Any) -> Any:
    """Under the name of LLaVA, as its repositories are."""
    eyes = tiny.vision_config("pixtral", image_size=96, head_dim=16, num_hidden_layers=1)
    return build(
        "llava",
        text_config=text(tokenizer, "mistral", head_dim=16, sliding_window=None),
        vision_config=eyes.to_dict(),
        vision_feature_layer=-1,
        vision_feature_select_strategy="full",
        **ids(tokenizer, image_token_index="[IMG]"),
    )


def glm4v(tokenizer: Any) -> Any:
    rope = {"rope_type": "default", "mrope_section": [2, 1, 1], "rope_theta": 10000.0}
    rope |= {"partial_rotary_factor": 0.5}
    eyes = {"depth": 1, "hidden_size": 32, "num_heads": 2, "out_hidden_size": 32}
    return build(
        "glm4v",
        text_config=text(tokenizer, "glm4v_text", rope_parameters=rope),
        vision_config={**eyes, "patch_size": 14, "image_size": 56, "intermediate_size": 48},
        **ids(
            tokenizer,
            image_token_id="<|image|>",
            video_token_id="<|video|>",
            image_start_token_id="<|begin_of_image|>",
            image_end_token_id="<|end_of_image|>",
        ),
    )


def qwen_tokens(tokenizer: Any) -> dict[str, int]:
    return ids(
        tokenizer,
        image_token_id="<|image_pad|>",
        video_token_id="<|video_pad|>",
        vision_start_token_id="<|vision_start|>",
        vision_end_token_id="<|vision_end|>",
    )


QWEN_EYES = {
    "depth": 1,
    "hidden_size": 32,
    "num_heads": 2,
    "intermediate_size": 48,
    "out_hidden_size": 32,
    "patch_size": 16,
    "num_position_embeddings": 64,
}
ROPE = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}


def qwen3_vl_moe(tokenizer: Any) -> Any:
    experts = {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 16}
    return build(
        "qwen3_vl_moe",
        text_config=text(
            tokenizer, "qwen3_vl_moe_text", rope_parameters=ROPE, head_dim=16, **experts
        ),
        vision_config={**QWEN_EYES, "deepstack_visual_indexes": [0]},
        **qwen_tokens(tokenizer),
    )


LINEAR = {
    "layer_types": ["linear_attention", "full_attention"],
    "head_dim": 16,
    "linear_num_key_heads": 2,
    "linear_num_value_heads": 2,
    "linear_key_head_dim": 8,
    "linear_value_head_dim": 8,
    "rope_parameters": {**ROPE, "partial_rotary_factor": 1.0, "mrope_interleaved": True},
}


def qwen3_5(tokenizer: Any) -> Any:
    return build(
        "qwen3_5",
        text_config=text(tokenizer, "qwen3_5_text", **LINEAR),
        vision_config=QWEN_EYES,
        **qwen_tokens(tokenizer),
    )


def gemma3(tokenizer: Any, window: int = 512) -> Any:
    """One layer with a window and one without, as the repositories mix them."""
    layers = ["sliding_attention", "full_attention"]
    eyes = tiny.vision_config("siglip_vision_model", vision_use_head=False, num_hidden_layers=1)
    return build(
        "gemma3",
        text_config=text(
            tokenizer, "gemma3_text", head_dim=16, layer_types=layers, sliding_window=window
        ),
        vision_config=eyes.to_dict(),
        mm_tokens_per_image=4,
        **ids(
            tokenizer,
            boi_token_index="<start_of_image>",
            eoi_token_index="<end_of_image>",
            image_token_index="<image_soft_token>",
        ),
    )


def gemma4(tokenizer: Any) -> Any:
    return build(
        "gemma4",
        text_config=text(
            tokenizer,
            "gemma4_text",
            head_dim=16,
            global_head_dim=16,
            layer_types=["sliding_attention", "full_attention"],
            use_bidirectional_attention="vision",
            vocab_size_per_layer_input=len(tokenizer),
            hidden_size_per_layer_input=8,
            final_logit_softcapping=30.0,
        ),
        vision_config=tiny.vision_config(
            "gemma4_vision",
            head_dim=16,
            num_key_value_heads=2,
            num_hidden_layers=1,
            pooling_kernel_size=2,
            position_embedding_size=64,
        ).to_dict(),
        audio_config=None,
        **ids(
            tokenizer,
            image_token_id="<|image|>",
            boi_token_id="<|image>",
            eoi_token_id="<image|>",
            video_token_id="<|video|>",
            audio_token_id="<|audio|>",
        ),
    )


def paligemma(tokenizer: Any) -> Any:
    eyes = tiny.vision_config("siglip_vision_model", vision_use_head=False, num_hidden_layers=1)
    return build(
        "paligemma",
        text_config=text(tokenizer, "gemma", head_dim=16, tie_word_embeddings=False),
        tie_word_embeddings=False,  # tied, it only repeats the last token
        vision_config={**eyes.to_dict(), "projection_dim": 32},
        projection_dim=32,
        **ids(tokenizer, image_token_index="<image>"),
    )


def mllama(tokenizer: Any) -> Any:
    return build(
        "mllama",
        text_config=text(
            tokenizer, "mllama_text_model", num_hidden_layers=3, cross_attention_layers=[1]
        ),
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_global_layers": 1,
            "attention_heads": 2,
            "image_size": 32,
            "patch_size": 8,
            "vision_output_dim": 64,
            "intermediate_layers_indices": [0],
            "max_num_tiles": 4,
        },
        **ids(tokenizer, image_token_index="<|image|>"),
    )


def minicpm(tokenizer: Any) -> Any:
    return build(
        "minicpmv4_6",
        text_config=text(tokenizer, "qwen3_5_text", **LINEAR),
        vision_config={
            "hidden_size": 32,
            "intermediate_size": 48,
            "num_hidden_layers": 2,
            "num_attention_heads": 2,
            "image_size": 56,
            "patch_size": 14,
            "insert_layer_id": 0,
        },
        insert_layer_id=0,
        **ids(tokenizer, image_token_id="<|image_pad|>", video_token_id="<|video_pad|>"),
    )


def _llava_next_eyes() -> Any:
    from transformers.models.llava_next.image_processing_pil_llava_next import (
        LlavaNextImageProcessorPil,
    )

    side = {"height": 32, "width": 32}
    return LlavaNextImageProcessorPil(
        size={"shortest_edge": 32}, crop_size=side, image_grid_pinpoints=GRIDS
    )


def _pixtral_eyes() -> Any:
    from transformers.models.pixtral.image_processing_pil_pixtral import PixtralImageProcessorPil

    return PixtralImageProcessorPil(size={"longest_edge": 64}, patch_size={"height": 8, "width": 8})


def _glm_eyes() -> Any:
    from transformers.models.glm4v.image_processing_pil_glm4v import Glm4vImageProcessorPil

    return Glm4vImageProcessorPil(size={"shortest_edge": 56 * 56, "longest_edge": 2 * 112 * 112})


def _gemma4_eyes() -> Any:
    from transformers.models.gemma4.image_processing_pil_gemma4 import Gemma4ImageProcessorPil

    return Gemma4ImageProcessorPil(patch_size=8, pooling_kernel_size=2, max_soft_tokens=70)


def _paligemma_eyes() -> Any:
    from transformers.models.siglip.image_processing_pil_siglip import SiglipImageProcessorPil

    return SiglipImageProcessorPil(size={"height": 32, "width": 32})


def _mllama_eyes() -> Any:
    from transformers.models.mllama.image_processing_pil_mllama import MllamaImageProcessorPil

    return MllamaImageProcessorPil(size={"height": 32, "width": 32}, max_image_tiles=4)


def _minicpm_eyes() -> Any:
    from transformers.models.minicpmv4_6.image_processing_pil_minicpmv4_6 import (
        MiniCPMV4_6ImageProcessorPil,
    )

    return MiniCPMV4_6ImageProcessorPil(scale_resolution=56, max_slice_nums=4)


MADE: dict[str, tuple[Any, Any]] = {
    "llava_next": (llava_next, _llava_next_eyes),
    "mistral3": (mistral3, _pixtral_eyes),
    "pixtral": (pixtral, _pixtral_eyes),
    "glm4v": (glm4v, _glm_eyes),
    "qwen3_vl_moe": (qwen3_vl_moe, tiny.PROCESSORS["qwen3_vl"]),
    "qwen3_5": (qwen3_5, tiny.PROCESSORS["qwen3_vl"]),
    "gemma3": (gemma3, tiny.PROCESSORS["gemma3"]),
    "gemma4": (gemma4, _gemma4_eyes),
    "paligemma": (paligemma, _paligemma_eyes),
    "mllama": (mllama, _mllama_eyes),
    "minicpm": (minicpm, _minicpm_eyes),
}
