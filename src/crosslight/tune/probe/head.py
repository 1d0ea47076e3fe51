"""An output head on disk: safetensors, which hold numbers alone, of the shapes of its model's."""

from pathlib import Path
from typing import Any

from crosslight.records import BadSetting
from crosslight.store import UnreadableFile, read_named, replacing

HEAD = "head.safetensors"
HEADER = 1 << 20
"""Bytes that a file may have beside its numbers."""
AGAIN = "train it again: crosslight tune probe DATA -o DIR --base BASE --refusal-head"


def save_head(path: Path, head: Any) -> None:
    """Its weights in float32, in one step."""
    import torch
    from safetensors.torch import save

    state = head.state_dict()
    arrays = {n: v.detach().to("cpu", torch.float32).contiguous() for n, v in state.items()}
    with replacing(path) as file:
        file.write(save(arrays))


def load_head(path: Path, like: Any) -> dict[str, Any]:
    """Weights for a head like this one; somebody may have sent the file. Nothing is read where its
    size is not that of the head. Raises `BadSetting`."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load

    wanted = {name: tuple(value.shape) for name, value in like.state_dict().items()}
    most = 4 * sum(value.numel() for value in like.state_dict().values()) + HEADER
    try:
        found: dict[str, Any] = load(read_named(path, most))
    except (UnreadableFile, OSError, SafetensorError, ValueError, RuntimeError) as error:
        raise BadSetting(f"{path.name} holds no head: {str(error)[:200]}", AGAIN) from error
    shapes = {name: tuple(value.shape) for name, value in found.items()}
    if shapes != wanted:
        raise BadSetting(f"{path.name} is no head of this model: {shapes}, not {wanted}", AGAIN)
    if not all(v.dtype == torch.float32 and bool(v.isfinite().all()) for v in found.values()):
        raise BadSetting(f"{path.name} holds a number that is none", AGAIN)
    return found


def copied(weights: dict[str, Any], head: Any) -> Any:
    """The head with these weights, in its own type."""
    head.load_state_dict(weights, strict=True)
    return head
