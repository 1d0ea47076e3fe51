"""PaliGemma 1 and 2: no chat, one question behind its images, and all of it sees all of it."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


class PaliGemma(Family):
    """The prompt is read in both directions; only what the model writes looks back alone."""

    apart = "its image and its question see each other"
    template = "{% for m in messages %}{{ m['content'] }}\n{% endfor %}"
    opens = False

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()

    def placed(self, text: str) -> str:
        """The opening token stands behind the last image."""
        marker = self.marker
        images, last, question = text.replace(f"{marker}\n", marker).rpartition(marker)
        return f"{images}{last}{self.tokenizer.bos_token}{question}"

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        pixels = self._processor(list(images), return_tensors="pt")["pixel_values"]
        vision = self.config.vision_config
        run = (self.image_token,) * (int(pixels.shape[-1]) // int(vision.patch_size)) ** 2
        return Seen({"pixel_values": pixels}, (run,) * len(images))

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """0 where a token is seen from everywhere."""
        kinds = ids.new_zeros(ids.shape)
        if written:
            kinds[:, -written:] = 1
        return {"token_type_ids": kinds}
