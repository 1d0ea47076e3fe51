"""One run of prefer from beginning to end: preference pairs of a source into a run directory."""

from collections.abc import Callable

from crosslight.flow import in_thread
from crosslight.prefer.asked import run_asked
from crosslight.prefer.bank_pairs import BankPairs, pairs_of
from crosslight.prefer.built import Built, source_built
from crosslight.prefer.candidates import STEP
from crosslight.prefer.dataset import write_pairs
from crosslight.prefer.job import PreferJob
from crosslight.prefer.summary import counts_of, funnel_of
from crosslight.records import canonical, content_hash
from crosslight.runs import (
    NOT_REACHED,
    Account,
    Hall,
    Lost,
    Pages,
    Progress,
    RunResult,
    Watch,
    ended,
    no_pages,
    open_hall,
    started,
    unheard,
    unwatched,
)


async def run_prefer(
    job: PreferJob,
    watch: Watch = unwatched,
    looked: Progress = unheard,
    *,
    pages: Pages = no_pages,
    console: bool = False,
) -> RunResult:
    """Make pairs into `job.out`. Raises what a person must mend before the first call.

    `console`: the second Ctrl-C ends the process.
    """
    job.check()
    if job.responders:
        return await run_asked(job, watch, looked, pages=pages, console=console)
    return await _written(job, watch, pages, console)


async def _written(job: PreferJob, watch: Watch, pages: Pages, console: bool) -> RunResult:
    """Pairs of a build's own replies: no model is asked."""
    built = await in_thread(source_built, job.source)
    async with open_hall(job.setup(), watch, exit_at_second_signal=console) as hall:
        started(hall)
        made = _none_of(built, job.limit)
        with hall.part():
            made = await hall.aside(in_thread(pairs_of, built, job.config, job.limit))
            _note(hall, job, built, made)
        await _write(job, hall, built, made)
        pages(job.out)
    return ended(hall)


async def _write(job: PreferJob, hall: Hall, built: Built, made: BankPairs) -> None:
    lost = list(made.lost)
    account = Account.of(made.families, made.finished, made.ends)
    hall.writing(account, lost)
    await _whole(lambda: write_pairs(job.out, made.rows, built.named_pictures))
    specs = {role: card.spec for role, card in hall.cards.items()}
    told = {
        **counts_of(made.rows),
        "rows": len(made.rows),
        "funnel": funnel_of(STEP, made.families, made.finished, lost),
        "settings": {**job.config.as_json(), "command": job.command(specs)},
        "data": {
            "source_kind": "build",
            "source_sha256": content_hash(canonical(_ids(built))),
        },
        "source": {"bank": built.manifest.bank, "status": built.status},
    }
    hall.finish(told, account, lost)


async def _whole(work: Callable[[], None]) -> None:
    """In a thread, to its end: a table is complete or not there."""
    await in_thread(work)


def _none_of(built: Built, limit: int | None) -> BankPairs:
    """What there is where a stop came before the pairs."""
    families = built.families[:limit]
    lost = [Lost(NOT_REACHED, one.rows[0].source, row=one.id) for one in families]
    return BankPairs((), tuple(lost), len(families), 0, ())


def _ids(built: Built) -> list[str]:
    return [row.id for family in built.families for row in family.rows]


def _note(hall: Hall, job: PreferJob, built: Built, made: BankPairs) -> None:
    """What a reader of the numbers must know."""
    if built.status != "complete":
        told = built.status or "of unknown end"
        hall.notes.append(f"the build that these pairs are of is {told}")
    if job.limit is not None:
        hall.notes.append(f"a sample of at most {job.limit:,} inputs, chosen by the seed")
    if made.rows and not any(row.mirror_of for row in made.rows):
        hall.notes.append("no pair has a mirror: the replies alone may tell which one is better")
