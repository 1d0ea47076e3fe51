"""Writes a tiny random language model and image projector as GGUF: a real multimodal llama.cpp
model of well under a megabyte, with nothing to download."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WIDTH = 64
LAYERS = 2
HEADS = 4
HIDDEN = 96
IMAGE = 28
PATCH = 14
WORDS = ("Yes", "No", "red", "green", "blue")
TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)


def _byte_names() -> list[str]:
    """GPT-2's printable name of each byte."""
    keep = [*range(33, 127), *range(161, 173), *range(174, 256)]
    names, spare = {}, 0
    for byte in range(256):
        if byte in keep:
            names[byte] = chr(byte)
        else:
            names[byte] = chr(256 + spare)
            spare += 1
    return [names[byte] for byte in range(256)]


def _vocabulary() -> tuple[list[str], list[str]]:
    """All bytes, then the words with the merges that spell them."""
    tokens, merges = _byte_names(), []
    for word in WORDS:
        for end in range(2, len(word) + 1):
            piece = word[:end]
            if piece not in tokens:
                tokens.append(piece)
                merges.append(f"{word[: end - 1]} {word[end - 1]}")
    return tokens, merges


def write_text_model(
    path: Path, seed: int = 0, extra: tuple[str, ...] = (), *, terse: bool = False
) -> Path:
    """A random two-layer llama with a byte tokenizer. `extra`: more control tokens.

    `terse`: its layers add nothing, it says Yes, or sometimes No, and ends.
    """
    import gguf

    rng = np.random.default_rng(seed)
    tokens, merges = _vocabulary()
    special = ["<|end|>", "<|user|>", "<|assistant|>", "<|system|>", "<__image__>", *extra]
    kinds = [gguf.TokenType.NORMAL] * len(tokens) + [gguf.TokenType.CONTROL] * len(special)
    tokens = tokens + special
    out = gguf.GGUFWriter(path, "llama")
    out.add_name("tiny")
    out.add_context_length(2048)
    out.add_embedding_length(WIDTH)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(HIDDEN)
    out.add_head_count(HEADS)
    out.add_head_count_kv(HEADS)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_vocab_size(len(tokens))
    out.add_tokenizer_model("gpt2")
    out.add_tokenizer_pre("gpt-2")
    out.add_token_list(tokens)
    out.add_token_types([int(kind) for kind in kinds])
    out.add_token_merges(merges)
    out.add_bos_token_id(tokens.index("<|end|>"))
    out.add_eos_token_id(tokens.index("<|end|>"))
    out.add_add_bos_token(False)
    out.add_chat_template(TEMPLATE)

    # Opposite rows: whatever the hidden state is, Yes or No is among the likeliest tokens.
    head = rng.normal(0, 0.1 / np.sqrt(WIDTH), (len(tokens), WIDTH))
    row = rng.normal(0, 4 / np.sqrt(WIDTH), WIDTH)
    yes, no = tokens.index("Yes"), tokens.index("No")
    head[yes], head[no] = row, -row
    embeddings = rng.normal(0, 1 / np.sqrt(WIDTH), (len(tokens), WIDTH))
    if terse:
        asked = embeddings[tokens.index("<|assistant|>")]
        head[yes], head[no] = asked, 0.9 * asked
        head[tokens.index("<|end|>")] = 2 * (embeddings[yes] + embeddings[no])
    out.add_tensor("output.weight", head.astype(np.float32))
    out.add_tensor("token_embd.weight", embeddings.astype(np.float32))

    def put(name: str, *shape: int) -> None:
        scale = 0.0 if len(shape) == 1 else 1 / np.sqrt(shape[-1])
        if terse and name.endswith(("attn_output.weight", "ffn_down.weight")):
            scale = 1e-9
        value = rng.normal(0, scale, shape) if scale else np.ones(shape)
        out.add_tensor(name, value.astype(np.float32))

    put("output_norm.weight", WIDTH)
    for i in range(LAYERS):
        put(f"blk.{i}.attn_norm.weight", WIDTH)
        put(f"blk.{i}.ffn_norm.weight", WIDTH)
        for part in ("attn_q", "attn_k", "attn_v", "attn_output"):
            put(f"blk.{i}.{part}.weight", WIDTH, WIDTH)
        put(f"blk.{i}.ffn_gate.weight", HIDDEN, WIDTH)
        put(f"blk.{i}.ffn_up.weight", HIDDEN, WIDTH)
        put(f"blk.{i}.ffn_down.weight", WIDTH, HIDDEN)
    return _finish(out, path)


def write_projector(path: Path, seed: int = 1) -> Path:
    """A random vision tower in the form of LLaVA's, four patches an image."""
    import gguf

    rng = np.random.default_rng(seed)
    out = gguf.GGUFWriter(path, "clip")
    out.add_type("mmproj")
    out.add_clip_has_vision_encoder(True)
    out.add_clip_projector_type("mlp")
    out.add_vision_image_size(IMAGE)
    out.add_vision_patch_size(PATCH)
    out.add_vision_embedding_length(WIDTH)
    out.add_vision_feed_forward_length(HIDDEN)
    out.add_vision_projection_dim(WIDTH)
    out.add_vision_block_count(LAYERS)
    out.add_vision_head_count(HEADS)
    out.add_vision_attention_layernorm_eps(1e-5)
    out.add_vision_image_mean([0.5, 0.5, 0.5])
    out.add_vision_image_std([0.5, 0.5, 0.5])
    out.add_vision_use_gelu(True)

    def put(name: str, *shape: int) -> None:
        value: NDArray[np.float64]
        if name.endswith(".bias"):
            value = np.zeros(shape)
        elif len(shape) == 1 and "ln" in name:
            value = np.ones(shape)
        else:
            value = rng.normal(0, 1 / np.sqrt(shape[-1]), shape)
        out.add_tensor(name, value.astype(np.float32))

    patches = (IMAGE // PATCH) ** 2
    put("v.patch_embd.weight", WIDTH, 3, PATCH, PATCH)
    put("v.class_embd", WIDTH)
    put("v.position_embd.weight", patches + 1, WIDTH)
    for end in ("weight", "bias"):
        put(f"v.pre_ln.{end}", WIDTH)
        for i in range(LAYERS):
            put(f"v.blk.{i}.ln1.{end}", WIDTH)
            put(f"v.blk.{i}.ln2.{end}", WIDTH)
            for part in ("attn_q", "attn_k", "attn_v", "attn_out"):
                put(f"v.blk.{i}.{part}.{end}", *([WIDTH] * (2 if end == "weight" else 1)))
            put(f"v.blk.{i}.ffn_up.{end}", *([HIDDEN, WIDTH] if end == "weight" else [HIDDEN]))
            put(f"v.blk.{i}.ffn_down.{end}", *([WIDTH, HIDDEN] if end == "weight" else [WIDTH]))
        for layer in (0, 2):
            put(f"mm.{layer}.{end}", *([WIDTH] * (2 if end == "weight" else 1)))
    return _finish(out, path)


def _finish(out: object, path: Path) -> Path:
    import gguf

    assert isinstance(out, gguf.GGUFWriter)
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    return path
