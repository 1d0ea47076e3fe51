"""Tiny vision-language models with random weights, saved the way real repositories are."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as tf
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers

from crosslight.records import ImageView, content_hash

FAMILIES = ("idefics3", "smolvlm", "llava", "llava_onevision", "qwen2_5_vl", "qwen3_vl", "internvl")
WORDS = """Yes No yes no Is a dog visible in this image picture? Answer with one word: red round
night near the left edge anything there Look at User Assistant people fire What do you see"""
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{% if m['content'] is string %}"
    "{{ m['content'] }}{% else %}{% for c in m['content'] %}{% if c['type'] == 'image' %}IMAGE"
    "{% else %}{{ c['text'] }}{% endif %}{% endfor %}{% endif %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
SPECIAL = {
    "idefics3": ["<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"]
    + [f"<row_{r + 1}_col_{c + 1}>" for r in range(4) for c in range(4)],
    "llava": ["<image>"],
    "llava_onevision": ["<image>", "<video>"],
    "qwen2_5_vl": ["<|image_pad|>", "<|video_pad|>", "<|vision_start|>", "<|vision_end|>"],
    "internvl": ["<IMG_CONTEXT>", "<img>", "</img>", "<video>"],
    "gemma3": ["<start_of_image>", "<image_soft_token>", "<end_of_image>"],
    "text": [],
}
SPECIAL["llava_next"] = SPECIAL["paligemma"] = SPECIAL["llava"]
SPECIAL["mistral3"] = SPECIAL["pixtral"] = ["[IMG]", "[IMG_BREAK]", "[IMG_END]"]
SPECIAL["glm4v"] = ["<|image|>", "<|video|>", "<|begin_of_image|>", "<|end_of_image|>"]
SPECIAL["gemma4"] = ["<|image|>", "<|image>", "<image|>", "<|video|>", "<|audio|>"]
SPECIAL["mllama"] = ["<|image|>"]
SPECIAL["minicpm"] = [
    *("<|image_pad|>", "<|video_pad|>", "<image>", "</image>", "<slice>", "</slice>"),
    *("<image_id>", "</image_id>"),
]
SPECIAL["smolvlm"] = SPECIAL["idefics3"]
SPECIAL["qwen3_vl"] = SPECIAL["qwen2_vl"] = SPECIAL["qwen2_5_vl"]
SPECIAL["qwen3_vl_moe"] = SPECIAL["qwen3_5"] = SPECIAL["qwen2_5_vl"]
IMAGE = {
    "qwen2_vl": "<|vision_start|><|image_pad|><|vision_end|>",
    "internvl": "<IMG_CONTEXT>\n",
    "gemma3": "<start_of_image>",
    "mistral3": "[IMG]",
    "pixtral": "[IMG]",
    "glm4v": "<|begin_of_image|><|image|><|end_of_image|>",
    "gemma4": "<|image|>",
    "mllama": "<|image|>",
    "minicpm": "<|image_pad|>\n",
}
IMAGE["qwen2_5_vl"] = IMAGE["qwen3_vl"] = IMAGE["qwen2_vl"]
IMAGE["qwen3_vl_moe"] = IMAGE["qwen3_5"] = IMAGE["qwen2_vl"]


def save(kind: str, folder: Path, seed: int = 0) -> Path:
    """A whole repository of a family: weights, config, tokenizer, template, image processor."""
    return saved(kind, MAKERS[kind], PROCESSORS.get(kind), folder, seed)


def saved(kind: str, make: Any, eyes: Any, folder: Path, seed: int = 0) -> Path:
    """The repository of what `make` makes for a tokenizer, and of the image processor `eyes`."""
    tokenizer = make_tokenizer(kind)
    torch.manual_seed(seed)
    model = make(tokenizer)
    spread(model)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    if eyes is not None:
        eyes().save_pretrained(folder)
    return folder


def spread(model: Any) -> None:
    """Weights as in a trained model, so that logits differ and an error in them is seen."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if weight.ndim > 1:
                weight.normal_(0, 0.12)
            elif name.endswith("_gate"):
                weight.fill_(1.0)  # Mllama's begin as zeros, and let no image through
            elif "norm" not in name and "layernorm" not in name:
                weight.normal_(0, 0.1)


def make_tokenizer(kind: str) -> Any:
    """Byte-level BPE over a few words, with the family's special tokens."""
    raw = Tokenizer(models.BPE(unk_token=None))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=420,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=["<|endoftext|>", "<|im_start|>", "<|im_end|>", *SPECIAL[kind]],
        show_progress=False,
    )
    raw.train_from_iterator([WORDS, WORDS.replace(" ", "\n")] * 8, trainer)
    more: dict[str, Any] = {}
    if kind == "llava":
        # Its template does not open the text; its tokenizer does.
        more["bos_token"] = "<|endoftext|>"
        raw.post_processor = processors.TemplateProcessing(
            single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
        )
    if kind in ("paligemma", "mllama"):
        more["bos_token"] = "<|endoftext|>" if kind == "paligemma" else "<|im_start|>"
    if kind == "gemma3":
        begin, soft, end = SPECIAL[kind]
        # Its processor writes one mark in the text, and puts others in its place.
        more["extra_special_tokens"] = {"boi_token": begin, "image_token": soft, "eoi_token": end}
    tokenizer = tf.PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|endoftext|>",
        additional_special_tokens=SPECIAL[kind],
        **more,
    )
    tokenizer.chat_template = CHATML.replace("IMAGE", IMAGE.get(kind, "<image>"))
    return tokenizer


def text_config(tokenizer: Any, kind: str = "llama", **more: Any) -> Any:
    """Two layers, 64 wide, grouped keys and values."""
    return tf.AutoConfig.for_model(
        kind,
        vocab_size=len(tokenizer),
        hidden_size=64,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        pad_token_id=0,
        bos_token_id=0,
        eos_token_id=tokenizer.eos_token_id,
        **more,
    )


def vision_config(kind: str, **more: Any) -> Any:
    """Two layers, 32 wide, patches of 8 pixels, 32 pixels a side."""
    fields = {
        "hidden_size": 32,
        "intermediate_size": 48,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "image_size": 32,
        "patch_size": 8,
    }
    return tf.AutoConfig.for_model(kind, **{**fields, **more})


def idefics3(tokenizer: Any, kind: str = "idefics3") -> Any:
    """The connector folds 2 x 2 patches into one token."""
    config = tf.AutoConfig.for_model(
        kind,
        text_config=text_config(tokenizer),
        scale_factor=2,
        pad_token_id=0,
        vision_config=vision_config("idefics3_vision" if kind == "idefics3" else "smolvlm_vision"),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return tf.AutoModelForImageTextToText.from_config(config)


def llava(tokenizer: Any) -> Any:
    config = tf.LlavaConfig(
        text_config=text_config(tokenizer),
        vision_config=vision_config("clip_vision_model"),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        vision_feature_select_strategy="default",
        vision_feature_layer=-2,
    )
    return tf.LlavaForConditionalGeneration(config)


def llava_onevision(tokenizer: Any) -> Any:
    config = tf.LlavaOnevisionConfig(
        text_config=text_config(tokenizer, "qwen2"),
        vision_config=vision_config("siglip_vision_model", vision_use_head=False),
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<video>"),
        image_grid_pinpoints=[[32, 32], [32, 64], [64, 32], [64, 64], [32, 96], [96, 96]],
        vision_aspect_ratio="anyres_max_4",
        vision_feature_select_strategy="full",
        vision_feature_layer=-1,
    )
    return tf.LlavaOnevisionForConditionalGeneration(config)


def qwen(tokenizer: Any, kind: str = "qwen2_5_vl") -> Any:
    vision: dict[str, Any] = {
        "depth": 2,
        "hidden_size": 32,
        "num_heads": 2,
        "patch_size": 14,
        "spatial_merge_size": 2,
        "temporal_patch_size": 2,
        "intermediate_size": 48,
    }
    more: dict[str, Any] = {}
    if kind == "qwen2_vl":
        vision |= {"embed_dim": 32, "hidden_size": 64, "mlp_ratio": 2}
        vision.pop("intermediate_size")
    elif kind == "qwen2_5_vl":
        vision |= {"out_hidden_size": 64, "window_size": 56, "fullatt_block_indexes": [1]}
    else:
        vision |= {
            "out_hidden_size": 64,
            "patch_size": 16,
            "num_position_embeddings": 64,
            "deepstack_visual_indexes": [0, 1],
        }
        more["head_dim"] = 16
    sections = {"rope_type": "default", "mrope_section": [2, 3, 3], "rope_theta": 10000.0}
    text = text_config(tokenizer, f"{kind}_text", rope_parameters=sections, **more).to_dict()
    config = tf.AutoConfig.for_model(
        kind,
        text_config=text,
        vision_config=vision,
        image_token_id=tokenizer.convert_tokens_to_ids("<|image_pad|>"),
        video_token_id=tokenizer.convert_tokens_to_ids("<|video_pad|>"),
        vision_start_token_id=tokenizer.convert_tokens_to_ids("<|vision_start|>"),
        vision_end_token_id=tokenizer.convert_tokens_to_ids("<|vision_end|>"),
    )
    return tf.AutoModelForImageTextToText.from_config(config)


def internvl(tokenizer: Any) -> Any:
    config = tf.InternVLConfig(
        text_config=text_config(tokenizer, "qwen2").to_dict(),
        vision_config=vision_config(
            "internvl_vision", image_size=[32, 32], patch_size=[8, 8]
        ).to_dict(),
        image_token_id=tokenizer.convert_tokens_to_ids("<IMG_CONTEXT>"),
        image_seq_length=4,
    )
    return tf.InternVLForConditionalGeneration(config)


def gemma3(tokenizer: Any) -> Any:
    """Its projector begins as zeros, and a random one would be blind: `spread` draws it anew."""
    config = tf.Gemma3Config(
        text_config=text_config(tokenizer, "gemma3_text", head_dim=16).to_dict(),
        vision_config=vision_config("siglip_vision_model", vision_use_head=False).to_dict(),
        mm_tokens_per_image=4,
        boi_token_index=tokenizer.convert_tokens_to_ids("<start_of_image>"),
        eoi_token_index=tokenizer.convert_tokens_to_ids("<end_of_image>"),
        image_token_index=tokenizer.convert_tokens_to_ids("<image_soft_token>"),
    )
    return tf.Gemma3ForConditionalGeneration(config)


def llama(tokenizer: Any) -> Any:
    return tf.LlamaForCausalLM(text_config(tokenizer))


MAKERS: dict[str, Any] = {
    "idefics3": idefics3,
    "smolvlm": lambda t: idefics3(t, "smolvlm"),
    "llava": llava,
    "llava_onevision": llava_onevision,
    "qwen2_vl": lambda t: qwen(t, "qwen2_vl"),
    "qwen2_5_vl": qwen,
    "qwen3_vl": lambda t: qwen(t, "qwen3_vl"),
    "internvl": internvl,
    "gemma3": gemma3,
    "text": llama,
}


def _idefics3_eyes(kind: str = "Idefics3") -> Any:
    from transformers.models.idefics3.image_processing_pil_idefics3 import (
        Idefics3ImageProcessorPil,
    )
    from transformers.models.smolvlm.image_processing_pil_smolvlm import SmolVLMImageProcessorPil

    made = Idefics3ImageProcessorPil if kind == "Idefics3" else SmolVLMImageProcessorPil
    return made(size={"longest_edge": 96}, max_image_size={"longest_edge": 32})


def _llava_eyes() -> Any:
    from transformers.models.clip.image_processing_pil_clip import CLIPImageProcessorPil

    side = {"height": 32, "width": 32}
    return CLIPImageProcessorPil(size={"shortest_edge": 32}, crop_size=side)


def _onevision_eyes() -> Any:
    from transformers.models.llava_onevision.image_processing_pil_llava_onevision import (
        LlavaOnevisionImageProcessorPil,
    )

    return LlavaOnevisionImageProcessorPil(
        size={"height": 32, "width": 32},
        image_grid_pinpoints=[[32, 32], [32, 64], [64, 32], [64, 64], [32, 96], [96, 96]],
    )


def _qwen_eyes(patch: int = 14) -> Any:
    from transformers.models.qwen2_vl.image_processing_pil_qwen2_vl import (
        Qwen2VLImageProcessorPil,
    )

    size = {"shortest_edge": 56 * 56, "longest_edge": 112 * 112}
    return Qwen2VLImageProcessorPil(size=size, patch_size=patch)


def _internvl_eyes() -> Any:
    from transformers.models.got_ocr2.image_processing_pil_got_ocr2 import (
        GotOcr2ImageProcessorPil,
    )

    return GotOcr2ImageProcessorPil(size={"height": 32, "width": 32}, max_patches=4)


def _gemma3_eyes() -> Any:
    from transformers.models.gemma3.image_processing_pil_gemma3 import Gemma3ImageProcessorPil

    return Gemma3ImageProcessorPil(size={"height": 32, "width": 32})


PROCESSORS: dict[str, Any] = {
    "idefics3": _idefics3_eyes,
    "smolvlm": lambda: _idefics3_eyes("SmolVLM"),
    "llava": _llava_eyes,
    "llava_onevision": _onevision_eyes,
    "qwen2_vl": _qwen_eyes,
    "qwen2_5_vl": _qwen_eyes,
    "qwen3_vl": lambda: _qwen_eyes(16),
    "internvl": _internvl_eyes,
    "gemma3": _gemma3_eyes,
}


def photo(seed: int, width: int = 96, height: int = 64) -> ImageView:
    """A picture of coloured blocks."""
    noise = np.random.default_rng(seed).integers(0, 255, (6, 6, 3), np.uint8)
    image = Image.fromarray(noise).resize((width, height), Image.Resampling.BICUBIC)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=95)
    return ImageView(content_hash(out.getvalue()), "test", out.getvalue(), width, height)
