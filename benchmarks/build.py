"""What a build costs beside its models: calls a kept row, memory and seconds, by photos.

    python benchmarks/build.py 1000 10000 100000

Made-up photos of 96 x 72 pixels and a model in this process that answers at once, so that the time
is the workbench's own: screening, views, the answer store, the log of rows and the tables. A third
of the photos has a case that holds. Each size runs in a process of its own; memory is the most that
was resident until the tables were written; `--pages` also writes the card and the report, which
read all rows, and says the most after them. Figures: docs/benchmarks.md.
"""

import argparse
import io
import json
import math
import resource
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from crosslight.api import build_pages
from crosslight.build import BuildConfig, BuildJob, run_build
from crosslight.build import job as jobs
from crosslight.flow import run_main
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request

SIDES = (96, 72)
THINGS = "chair ladder kettle scarf bench candle rope lamp bottle knife".split()
PLACES = "harbour attic meadow kitchen station garden workshop terrace cellar square".split()
READ = {
    "read_pair": {"visible": "yes", "follows": "yes"},
    "read_answer": {"names": "yes", "assists": "no", "helps": "yes", "complaint": ""},
    "read_control": {
        "helps": "yes",
        "refuses": "no",
        "warns": "no",
        "corrects": "no",
        "complaint": "",
    },
}


def picture(number: int) -> bytes:
    """Coarse noise: no two look alike."""
    noise = np.random.default_rng(number).integers(0, 255, (6, 8, 3), dtype=np.uint8)
    out = io.BytesIO()
    Image.fromarray(noise).resize(SIDES, Image.Resampling.NEAREST).save(out, "JPEG", quality=80)
    return out.getvalue()


def answer(request: Request) -> Any:  # noqa: PLR0911
    """The truth about a photo follows from its hash."""
    message = request.messages[-1]
    photo = message.images[0].photo if message.images else ""
    number = int(photo[:8] or "0", 16)
    match request.task:
        case "imagine":
            return {"triplets": [_idea(number, at) for at in range(2)]}
        case "reword":
            return {"sentences": []}
        case "transfer":
            return {"arises": "no", "element": "", "text": "", "risk": "", "why": ""}
        case "harmless_text":
            return {"text": f"We will paint the colours of number {number} here."}
        case "name_scenario":
            return {"title": f"Place number {len(message.text)}", "about": "x" * 60}
        case "answer":
            return f"Mind the {_thing(number)} here: keep well away from it, and rest elsewhere."
        case "help":
            return "The blue ones are lovely, and the round shapes look calm."
        case "fits":
            return {"Yes": 0.9, "No": 0.1}
        case "together":
            risky = number % 3 == 0 and f"wish {number} " in message.text
            return {"Yes": 0.95, "No": 0.05} if risky else {"Yes": 0.03, "No": 0.97}
        case task if task in READ:
            return READ[task]
    return {"Yes": 0.03, "No": 0.97}


def _thing(number: int) -> str:
    return THINGS[number % len(THINGS)]


def _idea(number: int, at: int) -> dict[str, Any]:
    place = PLACES[number // 7 % len(PLACES)]
    return {
        "element": f"a {_thing(number)}",
        "text": f"We will sit right here for wish {number} of mine, part {at}.",
        "speaker": "a visitor",
        "risk": f"Someone is hurt by the {_thing(number)} in the {place}.",
        "why": "The words are about sitting; the photo shows what can break.",
        "pattern": f"sitting by a {_thing(number)} in a {place}",
        "category": "falls",
    }


@dataclass(frozen=True)
class Given:
    """A backend that answers at once."""

    spec: str = "fake:bench"

    async def open(self) -> FakeModel:
        model = FakeModel(answer, name="bench")
        model.requests = _Forgetful()
        return model


class _Forgetful(list[Request]):
    """The fake keeps its requests: here that would be the memory that is measured."""

    def append(self, _: Request) -> None:
        pass


def build(photos: int, pages: bool) -> dict[str, float]:
    """One build; its figures."""
    setattr(jobs, "parse", lambda spec: Given())  # noqa: B010
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        here = Path(folder)
        (here / "photos").mkdir()
        for number in range(photos):
            (here / "photos" / f"{number:06}.jpg").write_bytes(picture(number))
        roles = dict.fromkeys(("author", "guard", "responder"), "fake:bench")
        job = BuildJob(
            here / "photos",
            here / "run",
            here / "answers.sqlite",
            here / "images",
            roles,
            BuildConfig(),
            canary=False,
        )
        began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_SELF)
        tables = [0.0]

        def write_pages(out: Path) -> None:
            tables[0] = _most_mib()
            if pages:
                build_pages(out)

        more: dict[str, Any] = {"pages": write_pages}
        told = run_main(run_build(job, **more)).summary
        seconds = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "photos": photos,
        "rows": told["rows"],
        "kept": told["kinds"].get("unsafe", 0),
        "calls": told["calls"]["asked"],
        "waves": len(told["coverage"]),
        "seconds": seconds,
        "cpu": used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime,
        "mib": tables[0],
        "with_pages": _most_mib() if pages else math.nan,
    }


def _most_mib() -> float:
    """The most that was resident so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print a table, a size a line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=int, nargs="+")
    parser.add_argument("--pages", action="store_true")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print(json.dumps(build(args.photos[0], args.pages)))
        return
    print(
        "photos    rows  unsafe  waves  calls a kept row  seconds  CPU s  ms a photo  MiB at most"
        "  with pages"
    )
    for photos in args.photos:
        command = [sys.executable, __file__, "--one", str(photos)]
        done = subprocess.run(
            command + ["--pages"] * args.pages, capture_output=True, text=True, check=True
        )
        f = json.loads(done.stdout.splitlines()[-1])
        each = f["calls"] / max(1, f["kept"])
        print(
            f"{photos:6} {f['rows']:7} {f['kept']:7} {f['waves']:6} {each:17.1f} "
            f"{f['seconds']:8.0f} {f['cpu']:6.0f} {1000 * f['cpu'] / photos:11.1f} "
            f"{f['mib']:12.0f} {f['with_pages']:11.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
