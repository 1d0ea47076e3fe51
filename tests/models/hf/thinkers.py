"""Tiny saved models that say what they are told: each token follows from the one before it."""

from pathlib import Path

import torch
import transformers as tf

from tests.models.hf import tiny

Chain = dict[str, dict[str, float]]
"""Of a token: the probabilities of the next; what is left goes to all others."""
OPENING = tiny.CHATML.replace("assistant\n{% endif %}", "assistant\n<think>\n{% endif %}")
"""A template that opens the trace for the model."""


def save(folder: Path, chain: Chain, *, template: str = tiny.CHATML, special: bool = True) -> Path:
    """A repository of a model with these habits. `special`: whether the tags are special tokens."""
    tokenizer = tiny.make_tokenizer("text")
    tokenizer.add_tokens(
        [tf.AddedToken(tag, special=special) for tag in ("<think>", "</think>")],
        special_tokens=special,
    )
    tokenizer.chat_template = template
    size = 512
    config = tiny.text_config(tokenizer).to_dict()
    config |= {"hidden_size": size, "intermediate_size": 8, "num_hidden_layers": 1}
    model = tf.LlamaForCausalLM(tf.LlamaConfig(**{**config, "head_dim": size // 4}))
    with torch.no_grad():
        for weight in model.model.layers.parameters():
            weight.zero_()  # the layer adds nothing: what is next depends on the last token alone
        count = len(tokenizer)
        model.model.embed_tokens.weight.copy_(torch.eye(count, size))
        head = torch.zeros(count, count)
        for token, following in chain.items():
            rest = (1 - sum(following.values())) / (count - len(following))
            row = torch.full((count,), rest)
            for word, share in following.items():
                row[one(tokenizer, word)] = share
            head[:, one(tokenizer, token)] = row.log()
        # The norm makes a unit vector as long as the square root of its size.
        model.lm_head.weight.copy_(head @ torch.eye(count, size) / size**0.5)
    model.save_pretrained(folder, safe_serialization=True)
    tokenizer.save_pretrained(folder)
    return folder


def one(tokenizer: tf.PreTrainedTokenizerFast, word: str) -> int:
    """The id of a word that is one token."""
    [token] = tokenizer.encode(word, add_special_tokens=False)
    return int(token)
