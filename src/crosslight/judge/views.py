"""The ways in which the judge looks at one image: whole, cropped, with a region erased.

Made from the stored original in the blocking pool. Each look has a recipe of its own, which is in
the key of every answer. How a region is erased and how much a crop keeps around the box are not in
the paper; both are ours: the box is filled with the mean colour of the rest, one box only.
"""

from io import BytesIO

from PIL import Image, ImageStat

from crosslight.flow import Context
from crosslight.records import ImageView, Region
from crosslight.store import WHOLE, BadImage, ImageStore, Look, Looks, decode_image, fit_image

SMALLEST = 32
"""Pixels of a crop's side, of the original; a smaller box keeps more around it."""
DIGITS = 4


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

    async def crop(self, region: Region) -> ImageView:
        """The region with a margin, from the original's pixels."""
        return await self._ctx.blocking(self._cut, region)

    async def erased(self, region: Region) -> ImageView:
        """The image with the region filled by the mean colour of what is around it."""
        whole = await self.whole()
        return await self._ctx.blocking(self._fill, whole, region)

    def _cut(self, region: Region) -> ImageView:
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
        part = part.resize(fit_image(*part.size, self._side), Image.Resampling.BICUBIC)
        return self._view(part, f"crop:{_shares(region)}:{self._margin:g}")

    def _fill(self, whole: ImageView, region: Region) -> ImageView:
        image = decode_image(whole.jpeg).image
        width, height = image.size
        box = (
            int(region.left * width),
            int(region.top * height),
            max(1, round(region.right * width)),
            max(1, round(region.bottom * height)),
        )
        image.paste(_around(image, box), box)
        return self._view(image, f"erase-mean:{_shares(region)}")

    def _view(self, image: Image.Image, how: str) -> ImageView:
        out = BytesIO()
        image.save(out, "JPEG", quality=self._quality, subsampling="4:2:0")
        recipe = f"jpeg-v1:{self._side}:{self._quality}{self.look.mark}|{how}"
        return ImageView(self.photo, recipe, out.getvalue(), *image.size)


def _cut_short(planned: Looks, seen: int, error: BadImage) -> str:
    last = planned.looks[seen].name
    told = f"{seen} of {len(planned.looks)} looks could be taken, up to {last} ({error})"
    return f"{planned.unseen}; {told}" if planned.unseen else told


def _around(image: Image.Image, box: tuple[int, int, int, int]) -> tuple[int, int, int]:
    mask = Image.new("L", image.size, 255)
    mask.paste(0, box)
    # A box over everything leaves nothing around it: then the mean of the whole.
    stat = ImageStat.Stat(image, mask if mask.getextrema()[1] else None)
    red, green, blue = (round(mean) for mean in stat.mean[:3])
    return red, green, blue


def _shares(region: Region) -> str:
    sides = (region.left, region.top, region.right, region.bottom)
    return ",".join(f"{side:.{DIGITS}f}" for side in sides)
