"""One photo walks to its end: imagine, check, reword, check, answer, controls.

Each product has its own outcome, and a row is in the log before its controls are asked: what fails
or is cut beside it costs itself alone. What a walk does depends on its photo, and on what earlier
waves left in the log, so that it is the same whatever else runs.
"""

from collections.abc import Awaitable, Coroutine, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from crosslight.build.controls import Controls, Part
from crosslight.build.counts import RowCounts, lost_of
from crosslight.build.row_codec import draft_json, draft_of, sample_of
from crosslight.build.row_log import RowLog, place_of
from crosslight.build.steps import (
    NO_PATTERN,
    Answer,
    Augment,
    Check,
    Draft,
    IdeaRequest,
    Imagine,
    RecipeParts,
)
from crosslight.build.wish import Wish
from crosslight.flow import Context, all_of, attempt, set_priority
from crosslight.records import CrossCheck, Done, Dropped, Failed, Kind, Outcome, Sample
from crosslight.runs import Lost

IDEA, AGAIN, WORDING, MOVED = "idea", "again", "wording", "transfer"
"""How a draft came about."""
LAST = 9_999_999
STAGES = ("imagine", "augment", "cross_check", "answer", "controls")
"""What is nearer to the end is served first."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One walk of a photo. `wish` is what to ask the author; None: patterns that were kept on
    other photos are tried on it. `at` is the photo's place in the input."""

    photo: str
    at: int
    wave: int
    wish: Wish | None
    beside: bool = False
    """Only photo controls of its rows are sought."""


@dataclass(frozen=True, slots=True)
class Placed:
    """A draft, where it was made, and how."""

    draft: Draft
    place: str
    way: str


class Walk:
    """The step that a wave's photos go through. Rows and losses go into the log."""

    name = "walk"

    def __init__(
        self, kit: RecipeParts, log: RowLog, counts: RowCounts, provenance: dict[str, str]
    ) -> None:
        self.kit = kit
        self.log = log
        self.counts = counts
        self.provenance = provenance

    async def __call__(self, row: Visit, context: Context) -> Outcome[str]:
        return await _Walked(self, row, context).walk()

    def lose(self, outcome: Dropped | Failed, row: Any, place: str, photo: str = "") -> None:
        """Keep account of a row that ended early, of this photo where it is not the row's own."""
        lost = lost_of(outcome, row, "")
        photo = photo or lost.photo
        self.log.lose(place, replace(lost, photo=photo, input=self.kit.album[photo].source))

    def take_back(self, step: str, detail: str, row: Any, place: str, photo: str) -> None:
        """A row that this step had passed is there already."""
        outcome = Dropped(step, "duplicate_row", detail)
        self.counts.take_back(outcome)
        self.lose(outcome, row, place, photo)

    def take_back_control(self, row: Sample, place: str, parent: str) -> None:
        """A control stands beside another row already: `parent` is the row that goes without."""
        outcome = Dropped("controls", "duplicate_row", f"same as row {row.id}")
        self.counts.take_back(outcome)
        photo = str(self.log.one("SELECT photo FROM rows WHERE id = ?", (parent,)))
        source = self.kit.album[photo].source
        self.log.lose(place, Lost(outcome, source, photo, parent, row.triplet.text))


class _Walked:
    """One visit on its way."""

    def __init__(self, walk: Walk, visit: Visit, context: Context) -> None:
        self._walk = walk
        self._log = walk.log
        self._kit = walk.kit
        self._visit = visit
        self._context = context
        self._place = place_of(visit.wave, 1 if visit.wish else 2, visit.at)
        self._said = set(self._log.texts(visit.photo))
        self._rows = 0
        self._failed: Failed | None = None

    async def walk(self) -> Outcome[str]:
        """The photo; where errors left it without a row, the first of them."""
        if self._visit.beside:
            await self._photo_controls()
            return Done(self._visit.photo)
        made = await (self._imagined() if self._visit.wish else self._moved())
        kept = _some(await all_of(self._checked(one) for one in made))
        worded: list[Placed] = []
        if self._visit.wish and self._kit.config.rewordings:
            known = sorted(self._said)
            for more in await all_of(self._reworded(one, known) for one in kept):
                worded += self._fresh(more)
        works: list[Coroutine[Any, Any, tuple[Sample, str] | None]] = []
        works += [self._answered(one) for one in kept]
        works += [self._checked_and_answered(one) for one in worded]
        rows = _some(await all_of(works))
        await self._controls(rows)
        if self._visit.wish:
            self._log.visited(self._visit.photo)
        if self._failed and not self._rows:
            return self._failed
        return Done(self._visit.photo)

    async def _imagined(self) -> list[Placed]:
        wish = self._visit.wish
        assert wish is not None
        asked = IdeaRequest(self._kit.album[self._visit.photo], wish)
        work = Imagine(self._kit)(asked, self._context)
        if wish.turn:
            work = _nothing_new(work)
        drafts = await self._try("imagine", self._place, asked, work)
        way = AGAIN if wish.turn else IDEA
        return self._fresh(
            Placed(draft, f"{self._place}.{place_of(at)}", way) for at, draft in enumerate(drafts)
        )

    async def _moved(self) -> list[Placed]:
        """Patterns that the plan of this wave wants to be tried here."""
        found = self._log.read(
            "SELECT d.place, d.value FROM moves m JOIN drafts d ON d.place = m.draft"
            " WHERE m.wave = ? AND m.photo = ? ORDER BY m.draft",
            (self._visit.wave, self._visit.photo),
        )
        moved = await all_of(self._transferred(at, v) for at, (_, v) in enumerate(found))
        return self._fresh(one for some in moved for one in some)

    async def _transferred(self, at: int, value: str) -> list[Placed]:
        triplet, check, parent = draft_of(value)
        draft, place = Draft(triplet, parent, check), f"{self._place}.{place_of(at)}"
        work = Augment(self._kit).transfer(draft, self._visit.photo, self._context)
        drafts = await self._try("augment", place, draft, work)
        return [Placed(one, place, MOVED) for one in drafts]

    def _fresh(self, made: Iterable[Placed]) -> list[Placed]:
        """Those of which the sentence was not there yet; before anything is asked of them."""
        fresh = []
        for one in made:
            text = one.draft.triplet.text
            if text in self._said:
                detail = "the same sentence on the same photo as an earlier draft"
                step = "imagine" if one.way in (IDEA, AGAIN) else "augment"
                self._walk.take_back(step, detail, one.draft, one.place, self._visit.photo)
            else:
                self._said.add(text)
                fresh.append(one)
        return fresh

    async def _checked(self, one: Placed) -> Placed | None:
        """One that falls keeps its numbers in the log, for other thresholds."""
        check = Check(self._kit)

        async def work() -> Outcome[Draft]:
            numbers = await check.read(one.draft, self._context)
            outcome = check.judge(one.draft, numbers)
            reason = outcome.reason if isinstance(outcome, Dropped) else ""
            self._keep_draft(one, numbers, reason)
            return outcome

        done = await self._try("cross_check", one.place, one.draft, work())
        return replace(one, draft=done[0]) if done else None

    def _keep_draft(self, one: Placed, numbers: CrossCheck, reason: str) -> None:
        triplet = one.draft.triplet
        value = draft_json(triplet, numbers, one.draft.parent)
        where = (one.place, triplet.photo, self._visit.wave, one.way, not reason, reason)
        self._log.write(
            "INSERT INTO drafts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (*where, triplet.pattern, triplet.text, value),
        )
        if not reason and one.way in (IDEA, AGAIN):
            self._kit.album.add_thing(triplet)

    async def _reworded(self, one: Placed, known: Sequence[str]) -> list[Placed]:
        work = Augment(self._kit).reword(one.draft, self._context, known)
        drafts = await self._try("augment", one.place, one.draft, work)
        return [
            Placed(draft, f"{one.place}.{place_of(1 + at)}", WORDING)
            for at, draft in enumerate(drafts)
        ]

    async def _checked_and_answered(self, one: Placed) -> tuple[Sample, str] | None:
        checked = await self._checked(one)
        return None if checked is None else await self._answered(checked)

    async def _answered(self, one: Placed) -> tuple[Sample, str] | None:
        work = Answer(self._kit, self._walk.provenance)(one.draft, self._context)
        rows = await self._try("answer", one.place, one.draft, work)
        for row in rows:
            self._add("answer", row, one.place)
        return (rows[0], one.place) if rows else None

    async def _controls(self, rows: Sequence[tuple[Sample, str]]) -> None:
        """What becomes of a control is nothing to its row or to the others. Texts are asked for one
        after the other: each knows the earlier ones of its photo. Photos are sought later."""
        controls = Controls(self._kit)
        earlier = self._log.harmless_texts(self._visit.photo)
        for row, place in rows:
            known = tuple(earlier)  # both texts of a row come of one question
            for at, part in enumerate(controls.parts(row)):
                if at != controls.photo_at(row):
                    made = await self._controlled(part, row, _behind(place, at), known)
                    earlier += [control.triplet.text for control in made]

    async def _photo_controls(self) -> None:
        """Of the photo's rows of this wave, which has looked at all its photos by now."""
        controls, wave = Controls(self._kit), self._visit.wave
        found = self._log.read(
            "SELECT place, value FROM rows WHERE photo = ? AND kind = ? AND place >= ?"
            " AND place < ? ORDER BY place",
            (self._visit.photo, Kind.UNSAFE, place_of(wave), place_of(wave + 1)),
        )
        works: list[Coroutine[Any, Any, list[Sample]]] = []
        for place, value in found:
            row = sample_of(value, self._walk.provenance)
            if (at := controls.photo_at(row)) is not None:
                works.append(self._beside(controls.photo, row, _behind(place, at)))
        await all_of(works)

    async def _beside(self, part: Part, row: Sample, place: str) -> list[Sample]:
        made = await self._controlled(part, row, place, ())
        self._log.write("INSERT OR IGNORE INTO asked VALUES (?)", (row.id,))
        return made

    async def _controlled(
        self, part: Part, row: Sample, place: str, earlier: tuple[str, ...]
    ) -> list[Sample]:
        made = await self._try("controls", place, row, part(row, self._context, earlier))
        for control in made:
            self._add("controls", control, place)
        return made

    def _add(self, step: str, row: Sample, place: str) -> None:
        """On disk a moment later. Of two rows with one id the earlier place stays."""
        self._rows += 1
        if (given_way := self._log.add_row(place, row)) is None:
            return
        late, parent = given_way
        if row.kind is Kind.UNSAFE:
            self._walk.take_back(step, f"same as row {row.id}", row, late, row.triplet.photo)
        else:
            self._walk.take_back_control(row, late, parent)

    async def _try(self, step: str, place: str, row: Any, work: Awaitable[Any]) -> list[Any]:
        """What came through; the rest is counted and kept with its reason."""
        set_priority(STAGES.index(step), self._visit.at)
        made = await attempt(step, work)
        outcomes: Sequence[Outcome[Any]] = [made] if isinstance(made, Failed) else _as_list(made)
        self._walk.counts.count(step, outcomes)
        done = []
        for end in outcomes:
            if isinstance(end, Done):
                done.append(end.value)
                continue
            if isinstance(end, Failed) and self._failed is None:
                self._failed = end
            self._walk.lose(end, row, place, self._visit.photo)
        return done


def _behind(place: str, at: int) -> str:
    """The place of a control of a row: behind all wordings of its idea."""
    return f"{place}.{place_of(LAST, at)}"


def _some(found: Sequence[Any]) -> list[Any]:
    return [one for one in found if one is not None]


def _as_list(made: Done[Any]) -> list[Outcome[Any]]:
    return made.value if isinstance(made.value, list) else [made.value]


async def _nothing_new(work: Awaitable[list[Outcome[Draft]]]) -> list[Outcome[Draft]]:
    """At a second look it is no loss that there is nothing more."""
    made = await work
    return [one for one in made if not (isinstance(one, Dropped) and one.reason == NO_PATTERN)]
