"""The ways in which the judge looks at one image: whole, cropped, with a region erased.

Made from the stored original in the blocking pool. Each look has a recipe of its own, which is in
the key of every answer. How a region is erased and how much a crop keeps around the box are not in
the paper; both are ours: the box is filled with the mean colour of the rest, one box only.
"""

from io import BytesIO

from PIL import Image, ImageStat

from crosslight.flow import Context
from crosslight.records import ImageView, Region
from crosslight.store import ImageStore, decode_image, fit_image

SMALLEST = 32
"""Pixels of a crop's side, of the original; a smaller box keeps more around it."""
DIGITS = 4


class Views:
    """One photo of an image store. Raises `BadImage` or `ImageMissing` where it cannot be read."""

    def __init__(self, ctx: Context, photo: str, side: int, quality: int, margin: float) -> None:
        if ctx.images is None:
            raise RuntimeError("the judge needs an image store")
        self.photo = photo
        self._ctx = ctx
        self._images: ImageStore = ctx.images
        self._side = side
        self._quality = quality
        self._margin = margin
        self._whole: ImageView | None = None

    async def whole(self) -> ImageView:
        """The image as it is."""
        if self._whole is None:
            self._whole = await self._ctx.blocking(
                self._images.view, self.photo, self._side, self._quality
            )
        return self._whole

    async def crop(self, region: Region) -> ImageView:
        """The region with a margin, from the original's pixels."""
        return await self._ctx.blocking(self._cut, region)

    async def erased(self, region: Region) -> ImageView:
        """The image with the region filled by the mean colour of what is around it."""
        whole = await self.whole()
        return await self._ctx.blocking(self._fill, whole, region)

    def _cut(self, region: Region) -> ImageView:
        decoded = decode_image(self._images.get(self.photo))
        width, height = decoded.image.size
        wide = max((region.right - region.left) * width, SMALLEST) * (0.5 + self._margin)
        high = max((region.bottom - region.top) * height, SMALLEST) * (0.5 + self._margin)
        x, y = (region.left + region.right) / 2 * width, (region.top + region.bottom) / 2 * height
        box = (
            max(0, round(x - wide)),
            max(0, round(y - high)),
            min(width, max(1, round(x + wide))),
            min(height, max(1, round(y + high))),
        )
        part = decoded.image.crop(box)
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
        recipe = f"jpeg-v1:{self._side}:{self._quality}|{how}"
        return ImageView(self.photo, recipe, out.getvalue(), *image.size)


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
