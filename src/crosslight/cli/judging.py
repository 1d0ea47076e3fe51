"""From the command line's input to a judging run: the screen of `build`, then the judge."""

from pathlib import Path
from typing import Any

from crosslight.cli.console import out


async def judge_images(
    source: Path, settings: dict[str, Any], copies: bool, outside: bool, quiet: bool, flip: bool
) -> Any:
    """Screen the input as `build` does, then judge what is a picture."""
    from crosslight.flow import Watch
    from crosslight.judge import Job, read_verdicts, run_judge
    from crosslight.judge import flip_test as flip_of
    from crosslight.store import write_json

    targets, lost = await screened(source, settings["images"], copies, outside)
    job = Job(targets=targets, lost=lost, **settings)
    result = await run_judge(
        job, lambda ledger: lambda runner, total: Watch(runner, ledger, total=total, quiet=quiet)
    )
    if flip and result.status == "complete":
        flips = await flip_of(job, read_verdicts(job.out))
        write_json(job.out / "flips.json", flips.as_json())
        out.print(
            f"policy-flip test: {flips.flipped:,} of {flips.flipped + flips.stayed:,} unsafe "
            f"verdicts followed the policy, {flips.unknown:,} unknown"
        )
    return result


async def screened(source: Path, images: Path, copies: bool, outside: bool) -> tuple[Any, Any]:
    """What to judge, and what of the input is no picture or a copy."""
    from crosslight.judge import Target
    from crosslight.photos import ScreenConfig, SourceOptions, open_source, screen_photos
    from crosslight.records import Done
    from crosslight.store import ImageStore

    found = open_source(source, SourceOptions(allow_outside=outside))
    config = ScreenConfig(near_bits=None, min_side=16) if copies else ScreenConfig(min_side=16)
    looked = await screen_photos(found, ImageStore(images), config)
    targets = [Target(s.outcome.value.id, s.source) for s in looked if isinstance(s.outcome, Done)]
    return targets, [(s.source, s.outcome) for s in looked if not isinstance(s.outcome, Done)]
