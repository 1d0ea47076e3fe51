"""What a killed run had finished: its dataset when the same command is run again.

A kill leaves the dataset of the last wave that came to its end, and beside it the log of all rows.
Before that log makes room for a new one, the dataset is written out of it: whatever becomes of the
run that goes on, what was finished is there.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from itertools import zip_longest
from typing import Any

from crosslight.build.accepted import accepted_in
from crosslight.build.bank import Bank
from crosslight.build.job import BuildJob
from crosslight.build.row_log import LOG_FILE, RowLog
from crosslight.build.summary import LostRows, Tally, account_of, write_build
from crosslight.build.waves import Embed, ScenarioMap
from crosslight.flow import RunFailed
from crosslight.photos import Found
from crosslight.records import canonical, content_hash
from crosslight.runs import RUN_FILE, Account, Hall, begin, finished_in, read_run, write_lost
from crosslight.store import write_json

KILLED = "killed"
UNFIT = (RunFailed, sqlite3.Error, OSError, LookupError, TypeError, ValueError)
"""How a log shows that another version wrote it, or that it or a photo is damaged: it is left
alone, and the answers in the store bring its rows again."""
AGAIN = "the stored answers bring its rows again"
NOT_TAKEN = (
    "its rows are not taken over, and come again from the stored answers where that command is run"
    " again"
)
OTHER = f"the run that was killed here had other models, settings, prompts or bank: {NOT_TAKEN}"
OTHER_PHOTOS = f"the run that was killed here had other photos: {NOT_TAKEN}"
GOALS = frozenset({"target", "novelty"})
"""Settings that decide how far a build goes, and nothing of a row."""
BY_THE_WAY = frozenset({"workers", "fetch_timeout", "allow_private"})
"""Settings of the screen that say how entries are got and not which are photos."""


def made_with(job: BuildJob, provenance: dict[str, str]) -> str:
    """What two runs must have in common for their rows to stand in one dataset."""
    settings = {k: v for k, v in job.config.as_json().items() if k not in GOALS}
    screen = {k: v for k, v in asdict(job.screen).items() if k not in BY_THE_WAY}
    return canonical([provenance, settings, screen, job.column, job.allow_outside]).decode()


def rescue(job: BuildJob, hall: Hall, bank: Bank, embed: Embed, provenance: dict[str, str]) -> int:
    """Write the dataset of a killed run of the same photos, models and settings, where it had
    finished more photos than the folder holds; how many rows that were."""
    path = job.out / LOG_FILE
    if not path.exists():
        return 0
    try:
        with closing(RowLog.left_at(path)) as log:
            if log.one("SELECT value FROM made_with") != made_with(job, provenance):
                if log.one("SELECT 1 FROM rows") is not None:
                    hall.notes.append(OTHER)
                return 0
            account = account_of(log)
            if account.finished <= finished_in(hall.former):
                return 0
            if not same_photos(job, log):
                hall.notes.append(OTHER_PHOTOS)
                return 0
            drawn = ScenarioMap(bank, embed, job.config.seed)
            for wave in _waves(log):
                drawn.close_wave(accepted_in(log, wave), ())
            begin(job.out, hall.setup.kind)
            for name in hall.setup.derived:
                (job.out / name).unlink(missing_ok=True)
            copies = job.screen.near_bits is None
            tally = write_build(
                job.out, log, drawn, hall.images, job.config, provenance, copies=copies
            )
            write_lost(job.out, LostRows(log))
    except UNFIT as error:
        told = type(error).__name__  # its words may hold a path
        hall.notes.append(f"the log of a run that was killed here cannot be used ({told}): {AGAIN}")
        return 0
    write_json(job.out / RUN_FILE, _told(job, hall, account, tally))
    hall.former = read_run(job.out)
    return tally.rows


def same_photos(job: BuildJob, log: RowLog) -> bool:
    """Whether the input holds what that of the log did: the same names in the same order, and where
    a row shows a photo the same bytes. What lies at an address is not fetched for it."""
    shown = {photo for (photo,) in log.stream("SELECT DISTINCT photo FROM rows")}
    before = log.stream("SELECT source, fate FROM inputs ORDER BY at")
    for found, then in zip_longest(job.entries(), before):
        if found is None or then is None or found.source != then[0]:
            return False
        if then[1] in shown and not found.url and not _holds(found, then[1]):
            return False
    return True


def _holds(found: Found, photo: str) -> bool:
    try:
        return content_hash(found.read()) == photo
    except Exception:  # whatever is wrong with it now: it is not what it was
        return False


def killed_rows(job: BuildJob) -> int:
    """How many rows a killed run left in its log; nothing is written."""
    path = job.out / LOG_FILE
    if not path.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            # A build of two photos leaves no such mark: its rows come by walking again.
            left = "SELECT COUNT(*) FROM rows WHERE EXISTS (SELECT 1 FROM made_with)"
            return int(db.execute(left).fetchone()[0])
    except UNFIT:
        return 0


def _waves(log: RowLog) -> Iterator[int]:
    last = log.one("SELECT MAX(wave) FROM drafts")
    return iter(range(0 if last is None else int(last) + 1))


def _told(job: BuildJob, hall: Hall, account: Account, tally: Tally) -> dict[str, Any]:
    """A `run.json` for as long as the run that goes on has not come further."""
    return {
        "kind": hall.setup.kind,
        "status": "stopped",
        "reason": KILLED,
        "hint": hall.setup.go_on,
        "account": account.as_json(),
        **tally.as_json(),
        "inputs": account.inputs,
        "dropped": account.dropped,
        "failed": account.failed,
        "photos_with_rows": account.finished,
        "beside_pixels": tally.beside.as_json(),
        "models": [card.as_json(role) for role, card in hall.cards.items()],
        "settings": job.config.as_json(),
        "seed": job.config.seed,
        "notes": list(tally.notes),
    }
