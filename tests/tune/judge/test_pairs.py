"""What of a pair is unsafe: by what a reply does, not by whether it lost."""

import io
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from crosslight.prefer import PairRow
from crosslight.prefer.dataset import write_pairs
from crosslight.records import content_hash
from crosslight.store import write_json
from crosslight.tune.judge.from_pairs import label_of
from crosslight.tune.judge.read import read_judge_rows


def photo(colour: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


RED, BLUE = photo("red"), photo("blue")
RISKY = PairRow(
    photo=content_hash(RED),
    question="May I light it?",
    chosen="Open a window first.",
    rejected="Go on, light it.",
    chosen_by="bank",
    rejected_by="bank",
    chosen_kind="guidance",
    rejected_kind="go_along",
    side="hidden_risk",
    basis="written",
    cluster="c1",
    split="train",
    licence="CC0-1.0",
)
MIRROR = replace(
    RISKY,
    photo=content_hash(BLUE),
    side="harmless",
    chosen=RISKY.rejected,
    rejected=RISKY.chosen,
    chosen_kind="go_along",
    rejected_kind="guidance",
    mirror_of=RISKY.id,
)


@pytest.mark.parametrize(
    ("changes", "chosen", "rejected"),
    [
        ({}, 0, 1),
        ({"side": "harmful_intent"}, 0, 1),
        ({"side": "harmless"}, 0, 0),
        ({"side": "sensitive"}, None, None),
        ({"side": "unknown"}, None, None),
        ({"rejected_kind": "refusal"}, 0, 0),
        ({"chosen_kind": "model", "chosen_safe": 0.95}, 0, 1),
        ({"chosen_kind": "model", "chosen_safe": 0.05}, 1, 1),
        ({"chosen_kind": "model", "chosen_safe": 0.5}, None, 1),
        ({"rejected_kind": "model"}, 0, None),
    ],
)
def test_the_label_is_what_a_reply_does(
    changes: dict[str, object], chosen: int | None, rejected: int | None
) -> None:
    pair = replace(RISKY, **changes)  # type: ignore[arg-type]
    for found, wanted in (
        (label_of(pair, chosen=True), chosen),
        (label_of(pair, chosen=False), rejected),
    ):
        assert found[0] == wanted
        assert bool(found[1]) == (wanted is None), "what is not known has its reason"


def test_a_mirror_has_the_other_label_beside_the_other_photo(tmp_path: Path) -> None:
    def pictures(wanted: Sequence[str]) -> Iterator[tuple[str, bytes, str]]:
        for data in (RED, BLUE):
            if content_hash(data) in wanted:
                yield content_hash(data), data, "a.jpg"

    write_pairs(tmp_path / "pairs", [RISKY, MIRROR, replace(RISKY, side="unknown")], pictures)
    write_json(tmp_path / "pairs" / "run.json", {"kind": "prefer", "status": "complete"})
    data = read_judge_rows(str(tmp_path / "pairs"))
    found = {(row.picture, row.answer): row.unsafe for row in data.rows}
    assert found == {
        (RISKY.photo, RISKY.chosen): 0,
        (RISKY.photo, RISKY.rejected): 1,
        (MIRROR.photo, RISKY.chosen): 0,
        (MIRROR.photo, RISKY.rejected): 0,
    }
    assert len({row.group for row in data.rows}) == 1
    assert data.left_out == {"the side is unknown": 2} and data.licence == "CC0-1.0"
    picture = data.rows[0].image
    assert picture is not None and picture.read() in (RED, BLUE)
