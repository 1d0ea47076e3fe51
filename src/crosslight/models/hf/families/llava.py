"""LLaVA 1.5 and those built like it: one fixed square, one token a patch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from crosslight.models.hf.families.base import Family, Parts, Seen
from crosslight.models.hf.families.llava_next import WITH_CLASS_TOKEN

if TYPE_CHECKING:
    from PIL.Image import Image


class Llava(Family):
    """The strategy `default` drops the first token of the vision tower, `full` keeps all."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._processor = self.image_processor()

    def see(self, images: "Sequence[Image]", *, whole: bool = False) -> Seen:
        """See `Family.see`."""
        pixels = self._processor(list(images), return_tensors="pt")["pixel_values"]
        vision = self.config.vision_config
        tokens = (pixels.shape[-2] // vision.patch_size) * (pixels.shape[-1] // vision.patch_size)
        tokens += vision.model_type in WITH_CLASS_TOKEN
        tokens -= self.config.vision_feature_select_strategy == "default"
        run = (self.image_token,) * int(tokens)
        return Seen({"pixel_values": pixels}, (run,) * len(images))
