"""Tiny models as other servers load them, which say Yes and end."""

from pathlib import Path

import torch
import transformers as tf

from tests.models.hf import tiny


def save_text(folder: Path) -> Path:
    """A llama without eyes."""
    tokenizer = tiny.make_tokenizer("text")
    torch.manual_seed(0)
    model = tiny.MAKERS["text"](tokenizer)
    tiny.spread(model)
    _make_terse(model, tokenizer)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def save_llava(folder: Path) -> Path:
    """The whole repository, its processor included."""
    tokenizer = tiny.make_tokenizer("llava")
    torch.manual_seed(0)
    model = tiny.MAKERS["llava"](tokenizer)
    tiny.spread(model)
    _make_terse(model, tokenizer)
    model.save_pretrained(folder, safe_serialization=True)
    processor = tf.LlavaProcessor(
        tiny.PROCESSORS["llava"](),
        tokenizer,
        patch_size=8,
        vision_feature_select_strategy="default",
        chat_template=tokenizer.chat_template,
        num_additional_image_tokens=1,
    )
    processor.save_pretrained(folder)
    return folder


def _make_terse(model: tf.PreTrainedModel, tokenizer: tf.PreTrainedTokenizerFast) -> None:
    """The layers add nothing: the next token follows from the last one alone."""
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith(("o_proj.weight", "down_proj.weight")):
                weight.zero_()
        words = model.get_input_embeddings().weight
        words.normal_(0, 1)
        head = model.get_output_embeddings().weight
        head.normal_(0, 0.01)
        asked, (yes,) = words[_ids(tokenizer, "\n")[-1]], _ids(tokenizer, "Yes")
        head[yes] = asked
        head[tokenizer.eos_token_id] = 2 * words[yes]


def _ids(tokenizer: tf.PreTrainedTokenizerFast, text: str) -> list[int]:
    found: list[int] = tokenizer(text, add_special_tokens=False)["input_ids"]
    return found
