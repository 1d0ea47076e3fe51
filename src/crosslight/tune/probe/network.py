"""The model whose states are read, opened when it is first asked for, and never changed."""

from functools import cached_property
from pathlib import Path
from typing import Any

from crosslight.models import open_network, open_processor
from crosslight.tune.judge.rows import JudgeRow
from crosslight.tune.pictures import BadPicture, Pictures
from crosslight.tune.probe.states import asked_of, prepared


def weights_here() -> tuple[str, str]:
    """Device and type of the weights on this machine."""
    import torch

    return ("cuda", "bfloat16") if torch.cuda.is_available() else ("cpu", "float32")


class Network:
    """Model and processor of a base's folder; `root` is what names of pictures are looked up in."""

    def __init__(self, folder: Path, pictures: Pictures, root: Path) -> None:
        self.folder, self.pictures, self.root = folder, pictures, root

    @cached_property
    def model(self) -> Any:
        """Frozen."""
        device, weights = weights_here()
        return open_network(self.folder, weights).to(device).eval().requires_grad_(False)

    @cached_property
    def processor(self) -> Any:
        """As the base has it."""
        return open_processor(self.folder)

    def open(self) -> None:
        """Load both now. Raises `NotSupported`."""
        _ = self.model, self.processor

    def inputs(self, row: JudgeRow) -> Any:
        """A request as tensors. Raises `BadPicture`, and what its processor raises."""
        if row.lacks_picture:
            raise BadPicture("its picture is not here")
        shown = []
        if row.image is not None:
            shown.append(self.pictures.keep(row.image.read(), self.root))
        images = [self.pictures.show(sha) for sha in shown]
        return prepared(self.processor, asked_of(row.text, len(images)), images)
