"""The ways in which the judge looks at one image: whole, cropped, with a region erased.

Made from the stored original in the blocking pool. Each look has a recipe of its own, which is in
the key of every answer. How a region is erased and how much a crop keeps around the box are not in
the paper; both are ours: boxes are filled with the mean colour of the rest, and print with the
colour around each line.
"""

from collections.abc import Sequence
from io import BytesIO

import numpy as np
from PIL import Image, ImageStat

from crosslight.flow import Context
from crosslight.records import ImageView, Region, content_hash
from crosslight.store import WHOLE, BadImage, ImageStore, Look, Looks, decode_image, fit_image

SMALLEST = 32
"""Pixels of a crop's side, of the original; a smaller box keeps more around it."""
DIGITS = 4
FILLED_AROUND = 2
"""Pixels around a line of print that are filled with it."""


class Views:
    """One look at a photo of an image store. Raises `BadImage` or `ImageMissing` where it cannot be
    read."""

    def __init__(
        self,
        ctx: Context,
        photo: str,
        side: int,
        quality: int,
        margin: float,
        look: Look = WHOLE,
    ) -> None:
        if ctx.images is None:
            raise RuntimeError("the judge needs an image store")
        self.photo = photo
        self.look = look
        self._ctx = ctx
        self._images: ImageStore = ctx.images
        self._side = side
        self._quality = quality
        self._margin = margin
        self._whole: ImageView | None = None

    async def whole(self) -> ImageView:
        """The image as it is at this look."""
        if self._whole is None:
            self._whole = await self._ctx.blocking(
                self._images.view, self.photo, self._side, self._quality, self.look
            )
        return self._whole

    async def all(self, most: int) -> "tuple[list[Views], str]":
        """The photo at every look that it takes, at most so many, each with its view made; and in
        words what was not looked at (empty: nothing)."""
        if not (await self.whole()).notes:
            return [self], ""
        try:
            planned = await self._ctx.blocking(self._images.looks, self.photo, self._side, most)
        except BadImage as error:  # the first frame can be read, and that is all
            return [self], f"only the first of several frames was looked at ({error})"
        seen = list[Views]()
        for look in planned.looks:
            other = self._at(look)
            try:
                await other.whole()
            except BadImage as error:
                # A later frame takes longer still, and stands behind the same damage.
                return seen or [self], _cut_short(planned, len(seen), error)
            seen.append(other)
        return seen, planned.unseen

    def _at(self, look: Look) -> "Views":
        return Views(self._ctx, self.photo, self._side, self._quality, self._margin, look)

    async def crop(self, region: Region, least: int = 0) -> ImageView:
        """The region with a margin, from the original's pixels, its shorter side enlarged to at
        least so many pixels (0: as it is)."""
        return await self._ctx.blocking(self._cut, region, least)

    async def erased(self, regions: Sequence[Region]) -> ImageView:
        """The image with the regions filled by the mean colour of what is around them."""
        whole = await self.whole()
        return await self._ctx.blocking(self._fill, whole, regions)

    async def unprinted(self, lines: Sequence[Region]) -> ImageView:
        """The image with each line of print filled by the colour around it."""
        whole = await self.whole()
        return await self._ctx.blocking(self._fill_print, whole, lines)

    def _cut(self, region: Region, least: int) -> ImageView:
        image = self._images.pixels(self.photo, self.look)
        width, height = image.size
        wide = max((region.right - region.left) * width, SMALLEST) * (0.5 + self._margin)
        high = max((region.bottom - region.top) * height, SMALLEST) * (0.5 + self._margin)
        x, y = (region.left + region.right) / 2 * width, (region.top + region.bottom) / 2 * height
        box = (
            max(0, round(x - wide)),
            max(0, round(y - high)),
            min(width, max(1, round(x + wide))),
            min(height, max(1, round(y + high))),
        )
        part = image.crop(box)
        size = _enlarged(fit_image(*part.size, self._side), least, self._side)
        part = part.resize(size, Image.Resampling.BICUBIC)
        grown = f":{least}" if least else ""
        return self._view(part, f"crop:{_shares(region)}:{self._margin:g}{grown}")

    def _fill(self, whole: ImageView, regions: Sequence[Region]) -> ImageView:
        image = decode_image(whole.jpeg).image
        boxes = [_pixels(region, image) for region in regions]
        colour = _around(image, boxes)
        for box in boxes:
            image.paste(colour, box)
        return self._view(image, f"erase-mean:{';'.join(map(_shares, regions))}")

    def _fill_print(self, whole: ImageView, lines: Sequence[Region]) -> ImageView:
        image = decode_image(whole.jpeg).image
        boxes = [_pixels(line, image, grow=FILLED_AROUND) for line in lines]
        colours = [_rim(image, box) for box in boxes]
        for box, colour in zip(boxes, colours, strict=True):
            image.paste(colour, box)
        return self._view(
            image, f"unprint:{content_hash(';'.join(map(_shares, lines)).encode())[:16]}"
        )

    def _view(self, image: Image.Image, how: str) -> ImageView:
        out = BytesIO()
        image.save(out, "JPEG", quality=self._quality, subsampling="4:2:0")
        recipe = f"jpeg-v1:{self._side}:{self._quality}{self.look.mark}|{how}"
        return ImageView(self.photo, recipe, out.getvalue(), *image.size)


def _cut_short(planned: Looks, seen: int, error: BadImage) -> str:
    last = planned.looks[seen].name
    told = f"{seen} of {len(planned.looks)} looks could be taken, up to {last} ({error})"
    return f"{planned.unseen}; {told}" if planned.unseen else told


def _enlarged(size: tuple[int, int], least: int, most: int) -> tuple[int, int]:
    """A size grown so that its shorter side has `least` pixels, its longer one at most `most`."""
    grow = min(least / min(size), most / max(size))
    return size if grow <= 1 else (round(size[0] * grow), round(size[1] * grow))


def _pixels(region: Region, image: Image.Image, grow: int = 0) -> tuple[int, int, int, int]:
    width, height = image.size
    return (
        max(0, int(region.left * width) - grow),
        max(0, int(region.top * height) - grow),
        min(width, max(1, round(region.right * width) + grow)),
        min(height, max(1, round(region.bottom * height) + grow)),
    )


def _around(image: Image.Image, boxes: Sequence[tuple[int, int, int, int]]) -> tuple[int, ...]:
    mask = Image.new("L", image.size, 255)
    for box in boxes:
        mask.paste(0, box)
    # Boxes over everything leave nothing around them: then the mean of the whole.
    stat = ImageStat.Stat(image, mask if mask.getextrema()[1] else None)
    return tuple(round(mean) for mean in stat.mean[:3])


def _rim(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, ...]:
    """The middle colour of the pixels on the edge of a box: of what print stands on."""
    part = np.asarray(image.crop(box))
    edge = np.concatenate([part[0], part[-1], part[:, 0], part[:, -1]])
    return tuple(int(c) for c in np.median(edge, axis=0)[:3])


def _shares(region: Region) -> str:
    sides = (region.left, region.top, region.right, region.bottom)
    return ",".join(f"{side:.{DIGITS}f}" for side in sides)
