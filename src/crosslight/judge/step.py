"""The judge as a step of the engine: an image in, a verdict or a failure out."""

from dataclasses import dataclass, field

from crosslight.flow import Context
from crosslight.judge import decide
from crosslight.judge.injection import addressed_by
from crosslight.judge.panel import Panel
from crosslight.judge.views import Views
from crosslight.records import Done, Failed, Status, Verdict

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
        views = Views(ctx, row.photo, config.side, config.quality, config.crop_margin)
        words = await addressed_by(await views.whole(), config.addressed, ctx)
        rules = await self.panel.rules(views, ctx)
        status, reason = decide.verdict_of(rules)
        if status is None:
            kind = reason.partition(":")[0]
            return Failed(STEP, reason, kind in RETRYABLE, HINTS.get(kind, ""))
        if status is Status.SAFE and words and not config.trust_addressed:
            status, reason = Status.UNDECIDED, "the image speaks to the judge"
        return Done(
            Verdict(
                row.photo,
                status,
                tuple(rules),
                reason,
                words,
                self.notes,
                row.source,
                self.provenance,
            )
        )


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
