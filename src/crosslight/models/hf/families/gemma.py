"""Gemma 3 and Gemma 4: the tokens of an image see each other, those after it only look back."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor


class Gemma3(Family):
    """One square, a fixed number of tokens. Templates write only the token that opens an image."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()
        ids = (self.config.boi_token_index, self.image_token, self.config.eoi_token_index)
        self._open, soft, close = map(str, self.tokenizer.convert_ids_to_tokens(list(ids)))
        self._around = f"\n\n{self._open}{soft}{close}\n\n"

    @property
    def marker(self) -> str:
        """See `Family.marker`."""
        return self._open

    def placed(self, text: str) -> str:
        """Empty lines around an image, which may become one token with those of the text."""
        return text.replace(self._open, self._around)

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`. (Pan and scan is off, as the repositories have it.)"""
        out = self._processor([list(images)], return_tensors="pt", do_pan_and_scan=False)
        run = (self.image_token,) * int(self.config.mm_tokens_per_image)
        return Seen({"pixel_values": out["pixel_values"]}, (run,) * len(images))

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """Which tokens are of an image."""
        return {} if seen is None else {"token_type_ids": (ids == self.image_token).int()}


class Gemma4(Family):
    """The aspect is kept; the number of tokens follows it."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()
        self._open, self._close = int(self.config.boi_token_id), int(self.config.eoi_token_id)

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        out = self._processor([list(images)], return_tensors="pt")
        counts = [int(count) for count in out["num_soft_tokens_per_image"]]
        runs = tuple((self._open, *(self.image_token,) * n, self._close) for n in counts)
        names = ("pixel_values", "image_position_ids")
        return Seen({name: out[name] for name in names}, runs)

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """Which tokens are of an image."""
        return {} if seen is None else {"mm_token_type_ids": (ids == self.image_token).int()}
