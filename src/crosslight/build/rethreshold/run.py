"""`build rethreshold`: the dataset that other cut-offs would have given, without a single call.

Rows that fall are kept aside in `left_out.parquet`, with their answers and pictures, so that they
come back under looser cut-offs. What was never asked is not made up: such drafts are counted.
"""

import shutil
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from crosslight.build.config import RECIPE_VERSION, BuildConfig
from crosslight.build.drafts import DRAFTS, DRAFTS_FILE
from crosslight.build.rethreshold.account import BUILT_FILE, Losses, funnel_of
from crosslight.build.rethreshold.drafts import (
    BUILD_AGAIN,
    UNREAD,
    Drafts,
    draft_rows,
    judge_drafts,
)
from crosslight.build.rethreshold.rows import Rows, Tally, write_rows
from crosslight.records import BadSetting
from crosslight.runs import (
    DROPPED,
    DROPPED_FILE,
    FAILED_FILE,
    RUN_FILE,
    NotARunFolder,
    held_folder,
    read_run,
)
from crosslight.store import write_json, write_table
from crosslight.text import plural

WANTED = "give the folder of a run of `crosslight build`"
KEPT = (
    "rethreshold: splits, scenarios, and what authors and second looks were asked for, are those "
    "of the build"
)
SPEAKING = "a text speaks to the judge: see the rows' notes"
"""The end of a note of the build, which counts rows."""
_UNENDED = "a rethreshold did not end"
_AGAIN = "run the same `crosslight build rethreshold` again: no row is lost"


@dataclass(frozen=True, slots=True)
class Cuts:
    """The cut-offs that may change; None stays as it was.

    Of `fits_above` and `outside_max` no number is stored: they are of the build.
    """

    adds: float | None = None
    together_at_least: float | None = None
    alone_below: float | None = None
    safe_below: float | None = None
    unsafe_above: float | None = None

    def given(self) -> dict[str, Any]:
        """Those that are named."""
        return {name: value for name, value in asdict(self).items() if value is not None}


CUTS = tuple(one.name for one in fields(Cuts))


def rethreshold_build(
    folder: Path, out: Path, cuts: Cuts, pages: Callable[[Path], object] = lambda out: None
) -> dict[str, Any]:
    """Decide anew over the drafts of `folder` and leave a run in `out`, which may be the same
    folder; returns its summary. Raises `NotARunFolder`, `BadSetting`, `RunError`."""
    run = read_run(folder)
    now, built = _settings(folder, run)
    config = replace(now, **cuts.given())
    drafts = judge_drafts(folder, built, config, RECIPE_VERSION)
    rows = Rows.read(folder, drafts, config)
    losses = Losses(folder, drafts, rows)
    with held_folder(out, "build") as held:
        held.keep = True
        write_json(out / RUN_FILE, {**run, **_marked(run)})
        tally = write_rows(folder, out, rows)
        write_table(out / DRAFTS_FILE, DRAFTS, _drafts(folder, drafts))
        _write_losses(folder, out, losses, same=config == built)
        settings = run["settings"] | cuts.given()
        settings["command"] = with_cuts(run["settings"].get("command", ()), config)
        told = {**run, **_ended(run), **tally.as_json(), "settings": settings}
        told.pop("ended", None)
        told |= {"account": _account(run, rows), "dropped": losses.dropped}
        told["rethreshold"] = _told(run, built, config, drafts, rows, losses)
        before = told["rethreshold"]["funnel"]
        told["funnel"] = funnel_of(before, drafts, rows, losses)
        told["notes"] = _notes(run, rows, tally, tightened=config.safe_below < built.safe_below)
        write_json(out / RUN_FILE, told)
        pages(out)
    return told


def _settings(folder: Path, run: Mapping[str, Any]) -> tuple[BuildConfig, BuildConfig]:
    """The settings of the run as it stands, and those with which its drafts were asked."""
    settings = run.get("settings")
    if run.get("kind") != "build":
        raise NotARunFolder(f"{folder} holds no build", WANTED)
    if not isinstance(settings, dict) or "account" not in run:
        raise NotARunFolder(f"the build in {folder} did not get to its end", BUILD_AGAIN)
    if settings.get("images") == 2:
        told = f"{folder} has rows of two photos"
        raise NotARunFolder(told, "run `crosslight build` again with other cut-offs")
    if settings.get("recipe") != RECIPE_VERSION:
        told = f"{folder} was built by recipe {settings.get('recipe')!r}, not {RECIPE_VERSION!r}"
        raise NotARunFolder(told, BUILD_AGAIN)
    known = {one.name for one in fields(BuildConfig)}
    try:
        now = BuildConfig(**{k: v for k, v in settings.items() if k in known})
        earlier = run.get("rethreshold", {}).get("built", {})
        before: dict[str, Any] = {name: float(earlier[name]) for name in CUTS if earlier}
        return now, replace(now, **before)
    except (AttributeError, TypeError, ValueError, KeyError, BadSetting) as error:
        told = f"the settings in run.json of {folder} are not ours: {error}"
        raise NotARunFolder(told, BUILD_AGAIN) from error


def _marked(run: Mapping[str, Any]) -> dict[str, Any]:
    """Killed from here on, the run reads as stopped; how it had ended is not forgotten."""
    ended = run.get("ended") or {name: run.get(name, "") for name in ("status", "reason", "hint")}
    return {"status": "stopped", "reason": _UNENDED, "hint": _AGAIN, "ended": ended}


def _ended(run: Mapping[str, Any]) -> dict[str, Any]:
    """How the build ended: that stays."""
    return dict(_marked(run)["ended"])


def _drafts(folder: Path, drafts: Drafts) -> Iterator[dict[str, Any]]:
    for values in draft_rows(folder):
        one = drafts.by_id[values["id"]]
        yield {**values, "outcome": one.outcome, "reason": one.now}


def _write_losses(folder: Path, out: Path, losses: Losses, *, same: bool) -> None:
    """`same`: the cut-offs are those of the build."""
    if losses.path.is_file() and not same and losses.path != out / BUILT_FILE:
        shutil.copyfile(losses.path, out / BUILT_FILE)
    write_table(out / DROPPED_FILE, DROPPED, losses.lines)
    if same:
        (out / BUILT_FILE).unlink(missing_ok=True)
    if out.resolve() != folder.resolve() and (folder / FAILED_FILE).is_file():
        shutil.copyfile(folder / FAILED_FILE, out / FAILED_FILE)


def _account(run: Mapping[str, Any], rows: Rows) -> dict[str, Any]:
    """Each input stands once, as before: a photo that lost its last row is dropped."""
    account = dict(run["account"])
    account["dropped"] += account["finished"] - len(rows.photos)
    return account | {"finished": len(rows.photos)}


def _told(
    run: Mapping[str, Any],
    built: BuildConfig,
    config: BuildConfig,
    drafts: Drafts,
    rows: Rows,
    losses: Losses,
) -> dict[str, Any]:
    """What changed, and what nobody asked. `built` and `funnel` are those of the build."""
    reasons = Counter(one.now for one in drafts.open())
    return {
        "built": {name: getattr(built, name) for name in CUTS},
        "cuts": {name: getattr(config, name) for name in CUTS},
        "funnel": run.get("rethreshold", {}).get("funnel") or run.get("funnel", []),
        "left_out": len(rows.fell),
        "reasons": dict(sorted(Counter(rows.fell.values()).items())),
        "open": reasons.total(),
        "open_unread": reasons[UNREAD],
        "photos_open": sum(alone <= config.safe_below for alone in losses.photos),
        "calls": 0,
    }


def _notes(run: Mapping[str, Any], rows: Rows, tally: Tally, *, tightened: bool) -> list[str]:
    every = (note for note in run.get("notes", ()) if not note.startswith("rethreshold: "))
    notes = [note for note in every if not note.endswith(SPEAKING)]
    if tally.speaking:
        notes.append(f"in {plural(tally.speaking, 'row')} {SPEAKING}")
    unknown = len(rows.unknown_photos)
    if tightened and unknown:
        told = f"the number of {plural(unknown, 'photo')} of controls by itself is not stored"
        return [*notes, KEPT, f"rethreshold: {told}: they stay"]
    return [*notes, KEPT]


def with_cuts(command: Sequence[str], config: BuildConfig) -> list[str]:
    """The command of a build with these cut-offs in place of its own."""
    flags = {f"--{name.replace('_', '-')}": name for name in CUTS}
    words = list(command)
    for at in [at for at, word in enumerate(words) if word in flags][::-1]:
        del words[at : at + 2]
    for flag, name in flags.items():
        value = getattr(config, name)
        if value != getattr(BuildConfig(), name):
            words += [flag, str(value)]
    return words
