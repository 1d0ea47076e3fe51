"""The composed perception: tagger, detector, text reader, safety classifier, label space."""

import hashlib
import threading
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TypeVar, cast

from crosslight.models import fetch
from crosslight.models.embedded import coco, efficientnet, imagenet, ssd, thresholds
from crosslight.models.embedded.conse import LabelSpace
from crosslight.models.embedded.detector import Detector, borne_out, doubted
from crosslight.models.embedded.efficientnet import LITE0, LITE2
from crosslight.models.embedded.ocr import TextReader
from crosslight.models.embedded.pixels import decode
from crosslight.models.embedded.safety import SafetyClassifier
from crosslight.models.embedded.scene import Scene
from crosslight.models.embedded.tagger import Tagger
from crosslight.models.embedded.vocabulary import KINDS, SYNONYMS

NETS = (LITE0, LITE2)
DETECTOR, SAFETY = ssd.NAME, "image-safety"
FILES = (*(net.name for net in NETS), DETECTOR, SAFETY)
"""The manifest's names of all that perception needs."""
CODE = "3"
"""Raise it when the same parts give another scene: every stored answer is then asked again."""

T = TypeVar("T")


def parts() -> tuple[tuple[str, str], ...]:
    """What perception is made of: (component, sha256 or version). Loads and fetches nothing."""
    book = fetch.read_manifest()
    return (
        *((name, book.entry(name).sha256) for name in FILES),
        ("rapidocr", version("rapidocr")),
        ("wordllama", version("wordllama")),
        ("imagenet.tsv", _sha256(imagenet.TABLE)),
        ("coco.yaml", _sha256(coco.TABLE)),
        ("kinds.yaml", _sha256(KINDS)),
        ("synonyms.yaml", _sha256(SYNONYMS)),
        ("thresholds.yaml", _sha256(thresholds.THRESHOLDS)),
        ("graph", f"{efficientnet.GRAPH}.{ssd.GRAPH}"),
        ("perception", CODE),
    )


def prepare() -> None:
    """Fetch and check the files and make the graph, so that a later call cannot fail for want
    of them. Blocks. Raises `FetchFailed`."""
    tag_graphs()
    _detector_graph()
    fetch.fetch(SAFETY)


def tag_graphs() -> list[tuple[Path, int]]:
    """The classifiers to be averaged, each with the side of its square input."""
    book = fetch.read_manifest()
    return [
        (efficientnet.graph_path(fetch.fetch(n.name), book.entry(n.name).sha256, n), n.side)
        for n in NETS
    ]


def _detector_graph() -> Path:
    return ssd.graph_path(fetch.fetch(DETECTOR), fetch.read_manifest().entry(DETECTOR).sha256)


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


class Perception:
    """Blocking calls for a thread pool. Each part is loaded once, when it is first needed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._made: dict[str, Future[object]] = {}

    def scene(self, image: bytes) -> Scene:
        """All that can be seen. Raises `Rejected` when the bytes are no image."""
        return replace(self.look(image), text=self.lines(image))

    def look(self, image: bytes) -> Scene:
        """The same without its print, which takes half of the time."""
        picture = decode(image)
        tags = self.tagger().tags(picture)
        found = self.detector().things(picture)
        things = borne_out(found, tags, thresholds.read_thresholds().agreed)
        return Scene(
            tags=tags,
            text=(),
            safety=self.safety().probabilities(picture),
            things=things,
            doubted=doubted(found, things),
        )

    def lines(self, image: bytes) -> tuple[tuple[str, float], ...]:
        """The print alone."""
        return self.reader().lines(decode(image))

    def tags(self, image: bytes) -> tuple[tuple[str, float], ...]:
        """The tags only, ten times faster than the scene."""
        return self.tagger().tags(decode(image))

    def space(self) -> LabelSpace:
        """Where images and texts meet."""
        return self._once("space", LabelSpace)

    def tagger(self) -> Tagger:
        """The classifier."""
        temperature = thresholds.read_thresholds().temperature
        return self._once("tagger", lambda: Tagger(tag_graphs(), temperature))

    def detector(self) -> Detector:
        """The detector of things."""
        return self._once("detector", lambda: Detector(_detector_graph()))

    def reader(self) -> TextReader:
        """The reader of print."""
        return self._once("reader", TextReader)

    def safety(self) -> SafetyClassifier:
        """The safety classifier."""
        return self._once("safety", lambda: SafetyClassifier(fetch.fetch(SAFETY)))

    def _once(self, name: str, make: Callable[[], T]) -> T:
        """The part, made by whoever comes first; the others wait for it, not for each other."""
        with self._lock:
            part = self._made.get(name)
            mine = part is None
            if part is None:
                part = self._made[name] = Future()
        if mine:
            try:
                part.set_result(make())
            except BaseException as error:
                with self._lock:
                    del self._made[name]
                part.set_exception(error)
        return cast(T, part.result())
