"""The judge as a step of the engine: an image in, a verdict or a failure out."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from crosslight.flow import Context
from crosslight.judge import decide
from crosslight.judge.injection import addressed_by
from crosslight.judge.panel import Panel
from crosslight.judge.views import Views
from crosslight.records import Done, Failed, Verdict

STEP = "judge"


@dataclass(frozen=True, slots=True)
class Target:
    """One image to judge: its hash in the image store, and how the input named it."""

    photo: str
    source: str = ""


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
        words = await words_in(looks, config.addressed, ctx)
        rules = await self.panel.rules(looks)
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
            )
        )


async def words_in(looks: Sequence[Views], how: str, ctx: Context) -> str:
    """The first words, of all looks at an image, that speak to the judge."""
    for views in looks:
        words = await addressed_by(await views.whole(), how, ctx)
        if words:
            return f"{views.look.name}: {words}" if views.look.name else words
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
