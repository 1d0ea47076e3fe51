"""`tuned:DIR`: a judge, or a language model, that `crosslight tune` wrote, like any model."""

import asyncio
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from crosslight.models.errors import BadSpec, Missing
from crosslight.models.protocol import Model
from crosslight.models.tuned.folder import FILE
from crosslight.models.tuned.network import is_network, open_network

FORM = "tuned:DIR, the folder of a run of tune (judge, sft, dpo or grpo)"


@dataclass(frozen=True, slots=True)
class TunedBackend:
    """A picklable description: the folder."""

    form: ClassVar[str] = FORM
    spec: str
    folder: Path

    @classmethod
    def read(cls, rest: str) -> "TunedBackend":
        """From what follows `tuned:`. Raises BadSpec, Missing. Nothing is loaded."""
        if not rest:
            raise BadSpec("tuned: names no folder", hint=FORM)
        folder = Path(rest).expanduser()
        if not (folder / FILE).is_file() and not is_network(folder):
            raise Missing(
                f"{rest[:200]} holds no {FILE}", hint=f"{FORM}; crosslight tune judge makes one"
            )
        return cls(f"tuned:{rest}", folder)

    async def open(self) -> Model:
        """Read and check its files. Raises Missing, NotSupported."""
        from crosslight.models.tuned.folder import read_tuned

        if not (self.folder / FILE).is_file():
            return await open_network(self.folder)
        told = await asyncio.to_thread(read_tuned, self.folder)
        if told.adapter is not None:
            from crosslight.models.tuned.adapter import open_adapter

            return await open_adapter(self.folder, told, told.adapter)
        from crosslight.models.tuned.model import HeadModel

        return await asyncio.to_thread(HeadModel.of, self.folder, told)
