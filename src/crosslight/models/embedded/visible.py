"""Is a phrase visible in a photo? Yes or no as far as perception reaches, and how far it does.

Perception knows 1,000 classes, boxes of 69 things, and printed words. It does not see people's
acts, ages, moods or intent, nor states such as open, lit or wet, nor relations, colours and
negations. What a phrase says of those is `outside`.
"""

from dataclasses import dataclass

from crosslight.models.embedded.coco import PERSON
from crosslight.models.embedded.counting import chance_of_more, could_be_more
from crosslight.models.embedded.evidence import chance_of, element_probability
from crosslight.models.embedded.phrases import read_phrase
from crosslight.models.embedded.printed import print_probability
from crosslight.models.embedded.scene import Scene, Thing
from crosslight.models.embedded.thresholds import read_thresholds
from crosslight.models.embedded.vocabulary import Sense

MISSED = 0.35
"""Share of an answer No that stays open: small things are missed about so often (docs)."""
MISSED_PERSONS = 0.12
"""The same of persons, which the detector finds on 31 of 35 pictures that show one."""
UNKNOWN = 0.95
"""Outside mass of a phrase that no class and no printed word explains."""
HALF = 0.5
"""Outside mass, at least, of a phrase with a word that nothing explains."""
DRAWN = 0.1
"""Mass of the drawn classes from which on a person that was not found is unknown: the detector was
made for photos."""
_DRAWINGS = frozenset({"comic book", "book jacket"})


@dataclass(frozen=True, slots=True)
class Sight:
    """`yes` is P(visible | perception can know); `outside` the share that it cannot know."""

    yes: float
    outside: float


def look_for(scene: Scene, phrase: str) -> Sight:
    """Whether the phrase is visible in the scene.

    Quoted parts must be readable; known things must all be there; every other content word adds
    to `outside`, and so does, where the things are there, what is said of them and not measured.
    Sexual and graphic content is left open whatever the safety classifier says, which is `yes`: it
    sorts the photos and clears none.
    """
    asked = read_phrase(phrase)
    if asked.sorted_by and not asked.negated:
        return Sight(scene.safety[asked.sorted_by], UNKNOWN)
    if asked.negated or not asked.known:
        return Sight(0.5, UNKNOWN)
    sights = [_read(scene, quoted) for quoted in asked.printed]
    sights += [_thing(scene, sense) for sense in asked.things]
    least = min(sights, key=lambda one: one.yes)
    # One word that nothing explains may turn the others into something else ("a dog's bowl").
    unknown = len(asked.unknown)
    dark = max(HALF, unknown / (unknown + asked.known)) if unknown else 0.0
    if least.yes >= read_thresholds().absent:
        # None of its things is surely not there: then the least known of them counts.
        open_share = UNKNOWN if asked.unmeasured else 0.0
        dark = max(dark, open_share, *(one.outside for one in sights))
    return Sight(least.yes, max(dark, least.outside))


def count_of(scene: Scene, word: str, more_than: int) -> Sight:
    """Whether the scene holds more than so many of the things that the word names, by boxes."""
    asked = read_phrase(word)
    if len(asked.things) != 1 or asked.unknown or asked.negated or scene.things is None:
        return Sight(0.5, UNKNOWN)
    (sense,) = asked.things
    if not sense.labels:
        return Sight(0.5, UNKNOWN)
    if more_than == 0:
        return _thing(scene, Sense(labels=sense.labels, wider=sense.wider))
    numbers = read_thresholds()
    seen = [chance_of(t, numbers) for t in scene.things if t.label in sense.labels]
    yes = chance_of_more(seen, more_than)
    doubted = sum(t.label in sense.labels for t in scene.doubted)
    if yes > numbers.present:
        return Sight(yes, UNKNOWN if sense.wider else 0.0)
    if could_be_more(len(seen) + doubted, more_than) or (not seen and _drawn(scene, sense)):
        return Sight(yes, UNKNOWN)
    return Sight(yes, MISSED * (1 - yes))


def _read(scene: Scene, quoted: str) -> Sight:
    yes = print_probability(scene, [quoted])
    return Sight(yes, MISSED * (1 - yes))


def _thing(scene: Scene, sense: Sense) -> Sight:
    """By tags or by box, whichever is surer. Unknown where only boxes could tell and there are
    none, and where the detector saw it and the tags did not bear it out."""
    numbers = read_thresholds()
    yes = element_probability(scene, tuple(sense.classes)) if sense.classes else 0.0
    if sense.labels and scene.things is None and not sense.classes:
        return Sight(0.5, UNKNOWN)
    boxes = [t for t in scene.things or () if t.label in sense.labels]
    yes = max([yes, *(chance_of(t, numbers) for t in boxes)])
    if yes < numbers.present and (_doubted(scene, sense) or _drawn(scene, sense)):
        return Sight(max(yes, numbers.absent), UNKNOWN)
    if sense.wider and yes >= numbers.absent:
        return Sight(yes, UNKNOWN)
    missed = MISSED_PERSONS if PERSON in sense.labels and not sense.wider else MISSED
    return Sight(yes, missed * (1 - yes))


def _doubted(scene: Scene, sense: Sense) -> list[Thing]:
    return [t for t in scene.doubted if t.label in sense.labels]


def _drawn(scene: Scene, sense: Sense) -> bool:
    return PERSON in sense.labels and scene.mass(_DRAWINGS) >= DRAWN
