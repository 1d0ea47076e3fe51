"""What a family of vision-language models must say: how it sees, and where its tokens stand."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from crosslight.models.errors import NotSupported

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Seen:
    """Images as the model takes them: named arguments of its forward, and for each image the
    token ids that stand in the place of its marker."""

    tensors: Mapping[str, "Tensor"]
    runs: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Parts:
    """What a family is made from."""

    model: Any
    tokenizer: Any
    folder: Path
    split: bool = True


class Family(ABC):
    """One kind of model. `axes` is how many position numbers a token has; `apart`: why no two
    prompts can share their beginning, empty where they can; `template`: its own way to write a
    prompt, for repositories that hold none; `opens`: whether the tokenizer adds its own tokens."""

    axes = 1
    apart = ""
    template: str | None = None
    opens = True

    def __init__(self, parts: Parts) -> None:
        self.model = parts.model
        self.config = parts.model.config
        self.tokenizer = parts.tokenizer
        self.folder = parts.folder
        self.split = parts.split

    @property
    def marker(self) -> str:
        """The token that chat templates write for an image."""
        return str(self.tokenizer.convert_ids_to_tokens(self.image_token))

    @property
    def image_token(self) -> int:
        """The id of the token whose embedding the image takes."""
        found = getattr(self.config, "image_token_id", None)
        if not isinstance(found, int):
            raise NotSupported("the config names no image token")
        return found

    @abstractmethod
    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """Prepare RGB images; `whole`: in one tile, where the family cuts tiles at all."""

    def positions(self, ids: "Tensor", seen: Seen | None) -> tuple["Tensor", int]:
        """Position numbers (axes, n) of the prompt's tokens, and what to add to the index of
        every token after its images."""
        return torch.arange(len(ids)).view(1, -1), 0

    def placed(self, text: str) -> str:
        """The rendered prompt, with whatever else the processor writes around an image. Behind it
        the text holds one `image_token` an image."""
        return text

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """More arguments for the model's own forward over `ids` (1, n), of which the last `written`
        are the model's own answer."""
        return {}

    def image_processor(self) -> Any:
        """The repository's image processor, on Pillow: the same pixels with torchvision or without.

        Raises NotSupported.
        """
        from transformers import AutoImageProcessor

        try:
            return AutoImageProcessor.from_pretrained(
                str(self.folder), trust_remote_code=False, local_files_only=True, backend="pil"
            )
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise NotSupported(f"no image processor: {error}"[:300]) from None

    def encode(self, text: str) -> list[int]:
        """Token ids of a piece of the prompt. Raises NotSupported for an unknown special token."""
        ids: list[int] = self.tokenizer.encode(text, add_special_tokens=False)
        return ids

    def token(self, text: str) -> int:
        """The id of one special token. Raises NotSupported."""
        found = self.tokenizer.convert_tokens_to_ids(text)
        if found is None or found == self.tokenizer.unk_token_id:
            raise NotSupported(f"the tokenizer lacks {text}")
        return int(found)
