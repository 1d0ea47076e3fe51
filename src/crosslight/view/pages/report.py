"""The one-file page of a run, whatever its kind, and its plots."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from crosslight.runs import RunError, added_to, read_run
from crosslight.view.pages.assess import write_assess_report
from crosslight.view.pages.bench import write_bench_report
from crosslight.view.pages.build import write_report
from crosslight.view.pages.judge import write_judge_report
from crosslight.view.pages.prefer import write_prefer_report
from crosslight.view.pages.rate import write_rate_report
from crosslight.view.pages.tune import write_tune_report
from crosslight.view.plots.of_run import write_plots


@dataclass(frozen=True, slots=True)
class Sources:
    """Where pictures that are not in the run's own tables lie: the image store, and the folder of
    a benchmark."""

    images: Path
    data: Path | None = None


WRITERS: Final[Mapping[str, Callable[[Path, Sources], Path | None]]] = {
    "build": lambda folder, _: write_report(folder),
    "judge": lambda folder, found: write_judge_report(folder, found.images),
    "assess": lambda folder, found: write_assess_report(folder, found.images),
    # A page is handed on: the authors' pictures stand on it only where somebody asks for them.
    "bench": lambda folder, found: write_bench_report(folder, data=found.data),
    "prefer": lambda folder, _: write_prefer_report(folder),
    "rate": lambda folder, _: write_rate_report(folder),
    "tune": lambda folder, found: write_tune_report(folder, found.images),
}


def write_any_report(folder: Path, images: Path, data: Path | None = None) -> list[Path]:
    """Write the page of a run, and its plots; returns the files, the page first.

    Raises `RunError` where the folder holds no run that has a page.
    """
    kind = str(read_run(folder).get("kind", ""))
    if kind not in WRITERS:
        found = f"a run of {kind[:40]}, which has no page" if kind else "no run"
        raise RunError(f"{folder} holds {found}", f"pages are of runs of {', '.join(WRITERS)}")
    with added_to(folder, kind):
        page = WRITERS[kind](folder, Sources(images, data))
        if page is None:
            raise RunError(
                f"{folder}: this run has not come so far that there is a page",
                "run the same command again; `crosslight view` shows a run that goes on",
            )
        return [page, *write_plots(folder, kind)]
