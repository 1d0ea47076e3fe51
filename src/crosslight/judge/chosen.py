"""What a report card chose: cuts of the score, and maps of it to the share of unsafe images."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from crosslight.judge.calibrate import BadMap, ScoreMap
from crosslight.judge.labels import OVERALL
from crosslight.records import CrosslightError, Finding, Verdict
from crosslight.store import UnreadableFile, read_json, table_schema

CALIBRATED_FILE = "calibrated.parquet"
CALIBRATED = table_schema(
    {
        **dict.fromkeys(("photo", "source", "rule"), pa.string()),
        **dict.fromkeys(("score", "probability"), pa.float64()),
    }
)
"""The share of unsafe images at a score, by the map of a report card; rule `*` is the image."""
HINT = "give the card.json that `crosslight judge report` wrote"


class BadCard(CrosslightError):
    """A report card that cannot be applied."""


@dataclass(frozen=True, slots=True)
class ChosenCuts:
    """A cut and a map for each rule, as far as its labels allowed them; rule `*` is the image.
    `constitution` is the hash of the one that they were measured under, `labelled` are the rules
    that had labels."""

    cuts: Mapping[str, float] = field(default_factory=dict)
    maps: Mapping[str, ScoreMap] = field(default_factory=dict)
    constitution: str = ""
    labelled: Collection[str] = ()

    def values(self, rules: Sequence[str]) -> dict[str, float]:
        """Cuts as thresholds: a rule without one of its own takes that of the image, whose score
        is the largest of its rules."""
        whole = self.cuts.get(OVERALL)
        found = {rule: self.cuts.get(rule, whole) for rule in rules}
        return {f"{rule}.score_cut": cut for rule, cut in found.items() if cut is not None}

    def rows(self, verdicts: Sequence[Verdict]) -> Iterator[dict[str, Any]]:
        """Of `calibrated.parquet`: one an image and rule that has a map and a score."""
        for v in verdicts:
            rules = [r for r in v.rules if r.finding is not Finding.FAILED]
            scores = {r.rule: r.score for r in rules} | ({OVERALL: v.score} if rules else {})
            for rule, score in scores.items():
                if rule in self.maps:
                    share = round(float(self.maps[rule].of(np.array([score]))[0]), 6)
                    name = {"photo": v.photo, "source": v.source, "rule": rule}
                    yield {**name, "score": score, "probability": share}

    def as_json(self, constitution: str, rules: Sequence[str]) -> dict[str, Any]:
        """For the `run.json` of a run under this constitution; `rules`: those of it that no cut was
        set for by hand."""
        bare = [rule for rule in rules if rule not in self.cuts]
        same = self.constitution == constitution
        return {
            "cuts": sorted(self.cuts),
            "of_all": OVERALL in self.cuts,
            "maps": sorted(self.maps),
            "few": [rule for rule in bare if rule in self.labelled],
            "unlabelled": [rule for rule in bare if rule not in self.labelled],
            "same_constitution": same,
        }


def read_card(path: Path) -> ChosenCuts:
    """Cuts and maps of a `card.json`. Raises `BadCard`."""
    try:
        card = read_json(path)
        parts = {OVERALL: card["overall"], **card["rules"]}
        cuts = {str(rule): part["cut"]["at"] for rule, part in parts.items()}
        maps = {str(rule): part["calibrated"]["map"] for rule, part in parts.items()}
        made = {rule: ScoreMap.from_json(found) for rule, found in maps.items() if found}
        kept = {rule: float(cut) for rule, cut in cuts.items() if cut is not None}
        about = str(card["judge"]["constitution"]["sha256"])
    except UnreadableFile as error:
        raise BadCard(error.message, error.hint) from error
    except FileNotFoundError as error:
        raise BadCard(f"there is no file {path}", HINT) from error
    except (LookupError, TypeError, ValueError, AttributeError, OSError, BadMap) as error:
        line = f"{type(error).__name__}: {error}"[:120]
        raise BadCard(f"{path.name} is no report card of ours ({line})", HINT) from error
    if not kept and not made:
        raise BadCard(
            f"{path.name} holds neither a cut nor a map: its labels were too few",
            "label more images, and run `crosslight judge report` again",
        )
    return ChosenCuts(kept, made, about, frozenset(map(str, card["rules"])))
