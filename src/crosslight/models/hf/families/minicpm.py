"""MiniCPM-V 4.6 and 4.7: the whole, then slices of it, between tokens that say which is which."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosslight.models.hf.families.base import Family, Parts, Seen

if TYPE_CHECKING:
    from PIL.Image import Image
    from torch import Tensor

PLACES = {
    "image_start_token": "<image>",
    "image_end_token": "</image>",
    "slice_start_token": "<slice>",
    "slice_end_token": "</slice>",
    "image_id_start_token": "<image_id>",
    "image_id_end_token": "</image_id>",
}
"""Names that its tokenizers have for these tokens, and the tokens of those that have no names."""


class MiniCPM(Family):
    """Images are numbered from 0 in the order of the prompt."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()
        found = [getattr(self.tokenizer, name, None) or token for name, token in PLACES.items()]
        for token in found:
            self.token(token)
        self._image, self._slice, self._number = zip(found[::2], found[1::2], strict=True)
        self._divisor = 4 if self._processor.downsample_mode == "4x" else 16

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        cut = self.split and not whole
        out = self._processor(list(images), return_tensors="pt", slice_mode=cut)
        tokens = [int(size.prod()) // self._divisor for size in out["target_sizes"]]
        runs = []
        for number, (grid, pieces) in enumerate(
            zip(out["grids"], out["num_patches_per_image"], strict=True)
        ):
            mine, tokens = tokens[: int(pieces)], tokens[int(pieces) :]
            runs.append(tuple(self.encode(self._run(number, int(grid[1]), mine))))
        names = ("pixel_values", "target_sizes")
        return Seen({name: out[name] for name in names}, tuple(runs))

    def _run(self, number: int, cols: int, tokens: Sequence[int]) -> str:
        named = str(number).join(self._number) if self._processor.use_image_id else ""
        first, *slices = tokens
        lines = [
            "".join((self.marker * n).join(self._slice) for n in slices[at : at + cols])
            for at in range(0, len(slices), max(cols, 1))
        ]
        return named + (self.marker * first).join(self._image) + "\n".join(lines)

    def extras(self, ids: "Tensor", seen: Seen | None, written: int = 0) -> "dict[str, Tensor]":
        """4.7 has positions of its own, by which tokens are of an image."""
        if seen is None or self.config.model_type == "minicpmv4_6":
            return {}
        return {"mm_token_type_ids": (ids == self.image_token).int()}
