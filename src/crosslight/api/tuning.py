"""Tuning from names and numbers: the same for the command line and for Python."""

from pathlib import Path
from typing import Any

from crosslight.api.run import Run, open_run
from crosslight.models import home
from crosslight.records import BadSetting
from crosslight.tune import Method, Target, TuneJob, changed, no_ppo, read_preset, run_tune
from crosslight.view import write_tune_report


def tune_job(
    data: str | Path,
    out: str | Path,
    *,
    base: str,
    method: str,
    preset: str,
    images: str | Path | None = None,
    set_: tuple[str, ...] = (),
    deepspeed: str | Path | None = None,
    target: str = Target.RESPONSE,
    **options: Any,
) -> TuneJob:
    """A run of `tune`; `options` are the other fields of `TuneJob`. Raises `BadSetting`."""
    if method.casefold() == "ppo":
        raise no_ppo()
    found = read_preset(preset)
    if found.method != method:
        raise BadSetting(
            f"the preset {preset} is for {found.method}, not for {method}",
            f"name one for {method} with --preset; docs/tune.md lists them",
        )
    return TuneJob(
        data=Path(data),
        out=Path(out),
        base=base,
        method=Method(method),
        preset=preset,
        settings=changed(found.settings, set_),
        images=Path(images) if images is not None else home() / "images",
        deepspeed=Path(deepspeed) if deepspeed is not None else None,
        target=_target(target),
        **options,
    )


def _target(name: str) -> Target:
    try:
        return Target(name)
    except ValueError:
        known = ", ".join(Target)
        raise BadSetting(f"--target {name!r}", f"one of: {known}") from None


def tune_model(data: str | Path, out: str | Path, **options: Any) -> Run:
    """Tune a model: `crosslight tune METHOD` as a function, with the arguments of `tune_job`.

    Run it again to go on from the last checkpoint. Raises what must be mended before training.
    """
    job = tune_job(data, out, **options)
    run_tune(job, lambda folder: write_tune_report(folder, job.images))
    return open_run(job.out)
