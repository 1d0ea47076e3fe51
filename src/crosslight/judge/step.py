"""The judge as a step of the engine: an image in, a verdict or a failure out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from crosslight.flow import Context
from crosslight.judge import decide
from crosslight.judge.held_down import swayed
from crosslight.judge.injection import NOTHING, Print, addressed_by, read_print
from crosslight.judge.panel import Panel
from crosslight.judge.views import Views
from crosslight.records import Done, Failed, PrintTest, Verdict

STEP = "judge"


@dataclass(frozen=True, slots=True)
class Target:
    """One image to judge: its hash in the image store, how the input named it, and whose it is as
    far as the input says."""

    photo: str
    source: str = ""
    licence: str = ""
    origin: str = ""


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges one image a call. A failed call makes the image fail, unless another rule is known to
    be violated: then it is unsafe, and the failed rules are named."""

    panel: Panel
    notes: tuple[str, ...] = ()
    provenance: dict[str, str] = field(default_factory=dict)
    name: str = STEP

    async def __call__(self, row: Target, ctx: Context) -> Done[Verdict] | Failed:
        """The verdict on one image."""
        config = self.panel.config
        whole = Views(ctx, row.photo, config.side, config.quality, config.crop_margin)
        looks, unseen = await whole.all(config.looks)
        reads = self.panel.plan.reads_print
        prints = await prints_in(looks, config.addressed, ctx, reads=reads)
        words = await words_in(looks, config.addressed, ctx, prints)
        tests = list[PrintTest]()
        rules = await self.panel.rules(looks, prints, addressed=bool(words), tests=tests)
        moved = "" if words else swayed(rules, config)
        words = words or moved
        status, reason = decide.verdict_of(rules)
        if status is None:
            kind = reason.partition(":")[0]
            return Failed(STEP, reason, kind in RETRYABLE, HINTS.get(kind, ""))
        status, reason = decide.doubted(status, reason, unseen, words, config.trust_addressed)
        return Done(
            Verdict(
                row.photo,
                status,
                tuple(rules),
                reason,
                words,
                (*self.notes, *notes_of_looks(looks, unseen)),
                row.source,
                self.provenance,
                tuple(views.look.name for views in looks),
                unseen,
                row.licence,
                row.origin,
                tuple(tests),
                bool(moved),
            )
        )


async def prints_in(
    looks: Sequence[Views], how: str, ctx: Context, *, reads: bool = False
) -> dict[str, Print]:
    """What is printed at each look, by its name; read once a look. `reads`: rules ask for print."""
    if how != "ocr" and not reads:
        return {}
    reader = ctx.models["reader"]
    return {views.look.name: await read_print(reader, await views.whole()) for views in looks}


async def words_in(
    looks: Sequence[Views], how: str, ctx: Context, prints: Mapping[str, Print] | None = None
) -> str:
    """The first words, of all looks at an image, that speak to the judge."""
    printed = await prints_in(looks, how, ctx) if prints is None else prints
    for views in looks:
        name = views.look.name
        words = await addressed_by(await views.whole(), how, ctx, printed.get(name, NOTHING))
        if words:
            return f"{name}: {words}" if name else words
    return ""


def notes_of_looks(looks: Sequence[Views], unseen: str) -> list[str]:
    """That an image took several looks, and what they left out."""
    several = [f"{len(looks)} looks at it, the worst counts"] if len(looks) > 1 else []
    return [*several, unseen] if unseen else several


RETRYABLE = frozenset({"unreachable", "rate_limited", "server_fault", "bad_answer"})
HINTS = {
    "unreachable": "is the endpoint up? run the same command again: what was answered is kept",
    "server_fault": "run the same command again: what was answered is kept",
    "rate_limited": "run the same command again later",
    "content_filter": "the endpoint's filter refused the image or the question: no verdict",
    "refused": "the model declined to rate: no verdict",
    "bad_answer": "--retry-failed asks again",
    "no_option": "the model answers with neither word; `crosslight doctor SPEC` tells more",
    "truncated": "the reasoning hit its token limit: --reason-tokens allows more",
    "not_supported": "crosslight doctor SPEC tells what the model can do",
}
