"""The RMS recipe over screened photos: image first, then text, then a guidance response.

Photos come in waves. Of a wave each photo is first looked at alone; then each walks to its end
(`walk`); then what was kept is tried on other photos that show the same thing; then the map of
scenarios is drawn anew, and the next wave is asked for what is thin. All order and all chance come
from ids, the seed and what earlier waves left, so a resumed run makes the same rows.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from crosslight.build.accepted import accepted_in
from crosslight.build.counts import RowCounts
from crosslight.build.passes import SPARE_WALKS, Watching, passed
from crosslight.build.row_codec import draft_of
from crosslight.build.row_log import CHUNK, RowLog, place_of
from crosslight.build.steps import PhotoAlone, RecipeParts
from crosslight.build.walk import AGAIN, IDEA, Visit, Walk
from crosslight.build.waves import (
    Goal,
    MapVersion,
    ScenarioMap,
    plan_waves,
    title_scenarios,
)
from crosslight.build.wish import Wish
from crosslight.flow import Context, Runner, Step, as_step
from crosslight.records import Done, Failed, Kind, Outcome, Photo

MakeRunner = Callable[[Sequence[Step], bool], Runner]
"""Makes the runner of a pass; the flag says whether its rows are the photos themselves."""
AGAIN_SHARE = 4
"""Of so many photos of a wave, one that gave nothing before is looked at again beside them."""
AGAIN_LEAST = 8


@dataclass(frozen=True, slots=True)
class _Looks:
    """What a wave looks at: its photos, those of them without hints, and earlier ones again."""

    index: int
    photos: Sequence[str] = ()
    unsteered: frozenset[str] = frozenset()
    again: Sequence[Wish] = ()


async def _unsaved() -> None:
    """Saves nothing."""


class Recipe:
    """One build. Rows, drafts and losses go into the log."""

    def __init__(
        self,
        kit: RecipeParts,
        log: RowLog,
        context: Context,
        counts: RowCounts,
        scenarios: ScenarioMap,
        provenance: dict[str, str],
    ) -> None:
        self._kit = kit
        self._log = log
        self._context = context
        self._counts = counts
        self._walk = Walk(kit, log, counts, provenance)
        self.scenarios = scenarios
        self.watch: Watching = lambda name, runner, total: nullcontext()
        self.runner: MakeRunner = lambda steps, by_input: Runner(context, steps)
        self.save: Callable[[], Awaitable[None]] = _unsaved
        """Is called after each wave but the last."""
        self.enough = ""
        """Which goal was reached before the photos were at their end."""
        self.notes: list[str] = []
        self._open: _Looks | None = None

    async def run(self, photos: Sequence[str]) -> None:
        """Make the rows of these photos, which the album holds.

        Raises `RunStop` where a budget or an interrupt ends the run; what was made stays in the
        log, and `finish` names it.
        """
        config = self._kit.config
        last, again = -1, list[Wish]()
        for wave in plan_waves(photos, config.seed, config.pilot):
            await self._wave(_Looks(wave.index, wave.photos, wave.unsteered, again))
            last, again = wave.index, self._again(len(wave.photos))
            if self.enough:
                return
        if not self._kit.roles.author.rethinks:
            again = self._once_more()
        for index in range(last + 1, last + 1 + config.rounds):
            if not again or self.enough:
                return
            await self._wave(_Looks(index, again=again))
            again = self._again(len(photos))

    def finish(self) -> None:
        """Draw the map over what a stop left of a wave."""
        if self._open is not None:
            self._draw(self._open)
            self._open = None

    async def _wave(self, looks: _Looks) -> None:
        if looks.index:
            await self.save()
        for photo in looks.photos:
            self._log.write("UPDATE photos SET wave = ? WHERE id = ?", (looks.index, photo))
        self._open = looks
        await self._look(looks)
        await self._walk_all(looks)
        await self._move(looks)
        await self._beside(looks)
        self._log.commit()
        version = self._draw(looks)
        self._open = None
        untitled = await title_scenarios(self._kit.roles.author, self.scenarios, version)
        self.notes += [f"no title for the scenario {one}" for one in untitled]
        unsafe = self._log.count_rows(Kind.UNSAFE)
        goal = Goal(target=self._kit.config.target, novelty=self._kit.config.novelty)
        self.enough = self.scenarios.done(goal, rows=unsafe)

    async def _look(self, looks: _Looks) -> None:
        """Each photo by itself; only then may others be set beside it."""
        if not looks.photos:
            return
        album, guard = self._kit.album, self._kit.roles.guard
        alone = PhotoAlone(self._kit)

        @as_step(alone.name)
        async def step(row: Photo, context: Context) -> Outcome[Photo]:
            outcome = await alone(row, context)
            if isinstance(outcome, Done):
                colours = await album.colours(row.id, context) if guard.by_likeness else b""
                album.admit(row.id, colours, await alone.shows_person(row, context))
            return outcome

        rows = (album[photo] for photo in looks.photos)
        runner = self.runner([step], True)
        async for photo, outcome in self._pass(
            _named("look", looks), runner, rows, len(looks.photos)
        ):
            self._counts.count(alone.name, [outcome])
            if not isinstance(outcome, Done):
                self._walk.lose(outcome, photo, place_of(looks.index, 0, self._at(photo.id)))

    async def _walk_all(self, looks: _Looks) -> None:
        safe = self._log.read(
            "SELECT id, at FROM photos WHERE wave = ? AND safe ORDER BY at", (looks.index,)
        )
        # One by one: a wave may be half of the album, and each visit holds what it asks for.
        visits, total = self._visits(looks, safe), len(safe) + len(looks.again)
        await self._visit(_named("walk", looks), visits, total, by_input=True)

    def _visits(self, looks: _Looks, safe: Iterable[tuple[Any, ...]]) -> Iterator[Visit]:
        """The wave's photos, most of them with hints, then those that are looked at again."""
        for photo, at in safe:
            steered = looks.index > 0 and photo not in looks.unsteered
            wish = self.scenarios.hints(photo) if steered else Wish(photo)
            yield Visit(photo, at, looks.index, wish)
        for once_more in looks.again:
            wish = replace(once_more, already=tuple(self._log.texts(once_more.photo)))
            yield Visit(wish.photo, self._at(wish.photo), looks.index, wish)

    async def _move(self, looks: _Looks) -> None:
        """Kept patterns on other photos that show the same thing."""
        if not self._kit.config.other_photos:
            return
        self._plan_moves(looks.index)
        targets = self._log.read(
            "SELECT DISTINCT p.id, p.at FROM moves m JOIN photos p ON p.id = m.photo"
            " WHERE m.wave = ? ORDER BY p.at",
            (looks.index,),
        )
        visits = [Visit(photo, at, looks.index, None) for photo, at in targets]
        if visits:
            await self._visit(_named("other photos", looks), visits, len(visits), by_input=False)

    async def _beside(self, looks: _Looks) -> None:
        """A photo beside which the sentence of a row is harmless, now that it is known what those
        of this wave show."""
        if not self._kit.config.controls:
            return
        targets = self._log.read(
            "SELECT p.id, p.at FROM photos p WHERE EXISTS (SELECT 1 FROM rows r WHERE"
            " r.photo = p.id AND r.kind = ? AND r.place >= ? AND r.place < ?) ORDER BY p.at",
            (Kind.UNSAFE, place_of(looks.index), place_of(looks.index + 1)),
        )
        visits = [Visit(photo, at, looks.index, None, beside=True) for photo, at in targets]
        if visits:
            await self._visit(_named("photo controls", looks), visits, len(visits), by_input=False)

    def _plan_moves(self, wave: int) -> None:
        """Up to so many photos a draft, over all waves: what found too few tries those of this
        one."""
        most, log, place = self._kit.config.other_photos, self._log, ""
        waiting = (
            "SELECT place, value FROM drafts WHERE kept AND way IN (?, ?) AND place > ? AND"
            " (SELECT COUNT(*) FROM moves WHERE draft = place) < ? ORDER BY place LIMIT ?"
        )
        # Chunk by chunk: drafts that never find enough photos grow with the album.
        while some := log.read(waiting, (IDEA, AGAIN, place, most, CHUNK)):
            for place, value in some:
                self._plan_move(place, value, wave)

    def _plan_move(self, place: str, value: str, wave: int) -> None:
        triplet, _, _ = draft_of(value)
        had = {p for (p,) in self._log.read("SELECT photo FROM moves WHERE draft = ?", (place,))}
        new = (photo for photo in self._kit.album.holders(triplet) if photo not in had)
        for photo in list(islice(new, self._kit.config.other_photos - len(had))):
            self._log.write("INSERT INTO moves VALUES (?, ?, ?)", (photo, place, wave))

    async def _visit(
        self, name: str, visits: Iterable[Visit], total: int, *, by_input: bool
    ) -> None:
        runner = self.runner([self._walk], by_input)
        runner.spare = SPARE_WALKS
        async for visit, outcome in self._pass(name, runner, visits, total):
            # What fell inside a walk is in the log already.
            if isinstance(outcome, Failed) and outcome.step == Walk.name:
                self._counts.count(Walk.name, [outcome])
                photo = self._kit.album[visit.photo]
                self._walk.lose(outcome, photo, place_of(visit.wave, 3, visit.at))

    def _draw(self, looks: _Looks) -> MapVersion:
        return self.scenarios.close_wave(accepted_in(self._log, looks.index), looks.unsteered)

    def _again(self, photos: int) -> list[Wish]:
        """Second looks at photos that gave nothing, a bounded number."""
        if not self._kit.roles.author.rethinks:
            return []
        most, wishes = max(AGAIN_LEAST, photos // AGAIN_SHARE), list[Wish]()
        for turn in range(1, self._kit.config.rounds + 1):
            nothing = self._log.read(
                "SELECT id FROM photos p WHERE safe AND visited = ? AND NOT EXISTS"
                " (SELECT 1 FROM drafts d WHERE d.photo = p.id AND d.kept) ORDER BY at",
                (turn,),
            )
            wishes += self.scenarios.again([p for (p,) in nothing], most - len(wishes), turn)
        return wishes

    def _once_more(self) -> list[Wish]:
        """Second looks for an author to whom a photo that gave nothing gives nothing again: at the
        others, for what is thin."""
        if not self._kit.config.rounds or not self.scenarios.versions:
            return []
        version = self.scenarios.versions[-1]
        thin = tuple(place.hint for place in version.places if place.id in set(version.thin))
        gave = self._log.read(
            "SELECT id FROM photos p WHERE EXISTS"
            " (SELECT 1 FROM drafts d WHERE d.photo = p.id AND d.kept) ORDER BY at"
        )
        return [Wish(photo, thin, turn=1) for (photo,) in gave] if thin else []

    def _at(self, photo: str) -> int:
        return int(self._log.one("SELECT at FROM photos WHERE id = ?", (photo,)))

    def _pass(
        self, name: str, runner: Runner, rows: Iterable[Any], total: int
    ) -> AsyncIterator[tuple[Any, Outcome[Any]]]:
        self._context.gate.check()
        return passed(name, runner, rows, total, self.watch)


def _named(name: str, looks: _Looks) -> str:
    return f"{name}, wave {looks.index + 1}"
