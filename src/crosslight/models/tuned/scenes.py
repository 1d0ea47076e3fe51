"""Scenes of pictures in the user's cache, by content: a picture is looked at once, ever."""

import hashlib
import json
import re
from functools import cached_property
from pathlib import Path

from crosslight.models.embedded import perception
from crosslight.models.embedded.scene import Scene
from crosslight.models.errors import BadAnswer
from crosslight.models.fetch.cache import home
from crosslight.records import ImageView, canonical
from crosslight.store import UnreadableFile, private_folder, read_named, write_json

MOST_SCENE = 2**20
"""Bytes of a kept scene; a usual one has ten thousand."""
_SHA = re.compile(r"[0-9a-f]{64}")


class KeptScenes:
    """What perception sees, kept beside its models. Blocking; one thread at a time."""

    def __init__(self, folder: Path | None = None, *, adds: bool = True) -> None:
        self._folder = folder or home() / "scenes"
        self._adds = adds
        """Whether new scenes are kept; a judge at work only reads, since answers are stored."""

    @cached_property
    def revision(self) -> str:
        """Of perception: other parts see other things, and another folder keeps them."""
        parts = [list(part) for part in perception.parts()]
        return hashlib.sha256(canonical(parts)).hexdigest()[:16]

    def kept(self, photo: str, recipe: str) -> Scene | None:
        """The scene of a picture that was looked at before; None where there is none."""
        try:
            text = read_named(self._path(photo, recipe), MOST_SCENE)
            return Scene.from_json(json.loads(text))
        except (UnreadableFile, BadAnswer, ValueError, RecursionError):
            return None

    def scene(self, view: ImageView) -> Scene:
        """The scene of a view. Raises `FetchFailed` where the networks cannot be had, `Rejected`
        where the bytes are no picture."""
        found = self.kept(view.photo, view.recipe)
        if found is not None:
            return found
        # By way of its text, so that it is the same scene when it is read again.
        told = self._perception.scene(view.jpeg).to_json()
        if self._adds:
            path = self._path(view.photo, view.recipe)
            private_folder(path.parent)
            write_json(path, told)
        return Scene.from_json(told)

    def prepare(self) -> None:
        """Have the networks at hand, so that no later look fails for want of them. Raises
        `FetchFailed`."""
        perception.prepare()

    @cached_property
    def _perception(self) -> perception.Perception:
        perception.prepare()
        return perception.Perception()

    def _path(self, photo: str, recipe: str) -> Path:
        if not _SHA.fullmatch(photo):
            raise ValueError("a picture is named by its sha256")
        name = hashlib.sha256(f"{photo} {recipe}".encode()).hexdigest()
        return self._folder / self.revision / name[:2] / f"{name}.json"
