"""The RMS recipe over screened photos: image first, then text, then a guidance response.

Passes, each a run of the engine: look at each photo alone; imagine and cross-check; augment and
cross-check; grow thin scenarios, some rounds; answer and add controls. All order and all chance
come from ids and the seed, so a resumed run makes the same rows.
"""

from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from dataclasses import replace
from typing import Any

from crosslight.build.album import Album, Fitting
from crosslight.build.counts import RowCounts
from crosslight.build.coverage import Round, Scenarios, count, thin
from crosslight.build.steps import (
    Answer,
    Augment,
    Check,
    Controls,
    Draft,
    IdeaRequest,
    Imagine,
    PhotoAlone,
    RecipeParts,
)
from crosslight.build.wish import ScenarioHint, Wish
from crosslight.flow import Context, RunFailed, Runner, RunStop, Step, as_step
from crosslight.records import Done, Dropped, Failed, Photo, Sample

Watching = Callable[[str, Runner, int], AbstractAsyncContextManager[Any]]
"""Shows a pass while it runs: its name, its runner, how many rows go in."""


MakeRunner = Callable[[Sequence[Step], bool], Runner]
"""Makes the runner of a pass; the flag says whether its rows are the photos themselves."""
BY_PHOTO = ("look", "imagine")


class Recipe:
    """One build. `run` fills the album of `kit`."""

    def __init__(
        self,
        kit: RecipeParts,
        context: Context,
        account: RowCounts,
        scenarios: Scenarios,
        provenance: dict[str, str],
    ) -> None:
        self._kit = kit
        self._context = context
        self._account = account
        self._scenarios = scenarios
        self._provenance = provenance
        self.watch: Watching = lambda name, runner, total: nullcontext()
        self.runner: MakeRunner = lambda steps, by_input: Runner(context, steps)
        self._seen: set[tuple[str, str]] = set()
        self.samples: dict[str, Sample] = {}
        self.coverage: list[Round] = []

    async def run(self, photos: Sequence[Photo]) -> None:
        """Make the rows, into `samples` and `coverage`.

        Raises `RunStop` where a budget or an interrupt ends the run; what was made stays there.
        """
        self._show_photos(photos)
        safe = [p async for p in self._pass("look", photos, [PhotoAlone(self._kit)])]
        kit = self._show_photos(safe)
        wishes = [IdeaRequest(photo) for photo in safe]
        made = [d async for d in self._pass("imagine", wishes, [Imagine(kit), Check(kit)])]
        drafts = self._new(made)
        drafts += self._new(await self._augment(drafts, kit.config.rewordings))
        coverage = self.coverage
        coverage.append(Round(0, self._counts(drafts), ()))
        for number in range(1, kit.config.rounds + 1):
            wanted = thin(coverage[-1].counts, kit.config)
            if not wanted:
                break
            grown = await self._grow(drafts, wanted, number)
            if not grown:
                break
            drafts += grown
            coverage.append(Round(number, self._counts(drafts), tuple(wanted)))
        await self._answer(drafts)

    def _show_photos(self, photos: Sequence[Photo]) -> RecipeParts:
        """From here on, steps see these photos only."""
        self._kit = replace(self._kit, album=Album(photos, self._kit.config))
        return self._kit

    async def _augment(self, drafts: Sequence[Draft], rewordings: int) -> list[Draft]:
        kit = self._kit
        fitting = Fitting([d.triplet for d in drafts], kit.config.other_photos, kit.config.seed)
        kit = replace(kit, config=replace(kit.config, rewordings=rewordings))
        steps: list[Step] = [_augment(kit, fitting), Check(kit)]
        return [d async for d in self._pass("augment", drafts, steps)]

    async def _grow(self, drafts: list[Draft], wanted: list[str], number: int) -> list[Draft]:
        """More of the thin scenarios: further cases on their photos, then further wordings."""
        kit = self._kit
        mine = [d for d in drafts if d.triplet.scenario in wanted]
        places = dict.fromkeys((d.triplet.scenario, d.triplet.photo) for d in mine)
        wishes = [
            IdeaRequest(kit.album[photo], Wish(photo, (ScenarioHint(scenario, scenario),)))
            for scenario, photo in places
        ]
        steps: list[Step] = [Imagine(kit), Check(kit)]
        found = self._new([d async for d in self._pass(f"grow {number}", wishes, steps)])
        first = [d for d in mine if not d.parent] + found
        found += self._new(await self._augment(first, kit.config.rewordings * (number + 1)))
        room = {s: kit.config.per_scenario - n for s, n in self._counts(mine).items()}
        grown = []
        for draft in found:
            scenario = draft.triplet.scenario
            if room.get(scenario, 0) > 0:
                room[scenario] -= 1
                grown.append(draft)
            else:
                self._take_back("cross_check", "scenario_full", f"{scenario} has enough", draft)
        return grown

    def _new(self, drafts: Sequence[Draft]) -> list[Draft]:
        """Drafts not seen before, with their scenarios named."""
        fresh = []
        for draft in drafts:
            key = (draft.triplet.photo, draft.triplet.text)
            if key not in self._seen:
                self._seen.add(key)
                fresh.append(draft)
            else:
                detail = "the same sentence on the same photo as an earlier draft"
                self._take_back("cross_check", "duplicate_row", detail, draft)
        names = self._scenarios.name([d.triplet for d in fresh])
        return [
            replace(d, triplet=replace(d.triplet, scenario=name))
            for d, name in zip(fresh, names, strict=True)
        ]

    async def _answer(self, drafts: Sequence[Draft]) -> None:
        steps: list[Step] = [Answer(self._kit, self._provenance), _controls(self._kit)]
        async for sample in self._pass("answer", drafts, steps):
            if sample.id not in self.samples:
                self.samples[sample.id] = sample
            else:
                self._take_back("controls", "duplicate_row", f"same as row {sample.id}", sample)

    def _counts(self, drafts: Iterable[Draft]) -> dict[str, int]:
        return count(d.triplet for d in drafts)

    async def _pass(
        self, name: str, rows: Sequence[Any], steps: Sequence[Step]
    ) -> AsyncIterator[Any]:
        """Run steps over rows; yield what is done, keep account of the rest.

        Raises `RunStop` when the pass ended before its rows did.
        """
        self._context.gate.check()
        runner = self.runner(steps, name in BY_PHOTO)
        try:
            async with self.watch(name, runner, len(rows)):
                async for result in runner.run(rows):
                    for leaf in result.leaves:
                        if isinstance(leaf.outcome, Done):
                            yield leaf.outcome.value
                        else:
                            self._lose(leaf.outcome, leaf.before)
        finally:
            self._account.merge(runner.funnel)
        if runner.status != "complete":
            ending = RunFailed if runner.status == "failed" else RunStop
            raise ending(runner.reason, hint=runner.hint)

    def _take_back(self, step: str, reason: str, detail: str, row: Draft | Sample) -> None:
        """A row that this step had passed leaves here after all."""
        outcome = Dropped(step, reason, detail)
        self._account.take_back(outcome)
        self._lose(outcome, row)

    def _lose(self, outcome: Dropped | Failed, row: Any) -> None:
        photo = _photo_of(row)
        self._account.lose(outcome, row, self._kit.album[photo].source if photo else "")


def _augment(kit: RecipeParts, fitting: Fitting) -> Step:
    augment = Augment(kit)

    @as_step(augment.name)
    async def step(row: Draft, context: Context) -> list[Any]:
        made = await augment.reword(row, context)
        moved = [await augment.transfer(row, p, context) for p in fitting.photos(row.triplet)]
        made += [Done(draft) for draft in moved if draft is not None]
        return made or [Dropped(augment.name, "nothing_new", "no other wording or photo")]

    return step


def _controls(kit: RecipeParts) -> Step:
    controls = Controls(kit)

    @as_step(controls.name)
    async def step(row: Sample, context: Context) -> list[Any]:
        return [Done(row), *[await part(row, context, ()) for part in controls.parts(row)]]

    return step


def _photo_of(row: Any) -> str:
    if isinstance(row, Photo):
        return row.id
    if isinstance(row, IdeaRequest):
        return row.photo.id
    if isinstance(row, Draft | Sample):
        return row.triplet.photo
    return ""
