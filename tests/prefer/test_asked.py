"""A whole run with models over HTTP: known responders, an annotator of known habits; killed, and
gone on with."""

import asyncio
import json
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from crosslight.api import prefer_pages
from crosslight.cli.console import end
from crosslight.flow import Budget
from crosslight.models.fake import FakeServer
from crosslight.prefer import (
    Changed,
    PreferConfig,
    PreferJob,
    estimate_prefer,
    read_pairs,
    rethreshold_pairs,
    run_prefer,
)
from crosslight.prefer.comparisons import Comparison, read_comparisons
from crosslight.prefer.rethreshold import OLD_RATES
from crosslight.records import BadSetting
from crosslight.runs import NotARunFolder
from crosslight.store import table_rows
from tests.judge.test_kill import count_answers
from tests.prefer.asked_world import BIAS, photos, roles, world
from tests.prefer.scripted import QUICK
from tests.runs.forked import At, Child

PHOTOS = 6
TABLES = ("comparisons", "answers", "ranks", "dropped", "failed")


@dataclass
class Ran:
    """A run that ended, the server that it asked, and how many answers that gave."""

    folder: Path
    server: FakeServer
    told: dict[str, Any]
    answers: int

    @property
    def out(self) -> Path:
        return self.folder / "out"

    @property
    def rows(self) -> list[Comparison]:
        return read_comparisons(self.out)

    def who(self, spec: str) -> str:
        """The name of a responder."""
        return spec.partition(":")[2].partition("@")[0]


def made(folder: Path, server: FakeServer, out: str = "out", **more: Any) -> PreferJob:
    """A run of its own store."""
    place = folder if out == "out" else folder / f"{out}-store"
    more.setdefault("source", photos(folder, PHOTOS))
    return PreferJob(
        out=folder / out,
        answers=place / "answers.sqlite",
        images=place / "images",
        config=PreferConfig(probes=2),
        policy=QUICK,
        **{"canary": False} | roles(server) | more,
    )


def ask(job: PreferJob, status: str = "complete") -> dict[str, Any]:
    result = asyncio.run(run_prefer(job))
    assert result.status == status, result.reason
    return result.summary


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    folder = tmp_path_factory.mktemp("asked")
    with world() as server:
        told = ask(made(folder, server))
        yield Ran(folder, server, told, server.stats()["answers"])


def test_the_better_reply_is_chosen_and_what_only_a_place_tells_is_no_pair(ran: Ran) -> None:
    pairs = read_pairs(ran.out).rows
    assert len(pairs) >= 4
    for pair in pairs:
        assert pair.rejected.startswith("Sure, that") and not pair.chosen.startswith("Sure, that")
        assert ran.who(pair.chosen_by) in ("good", "mixed")
        assert pair.basis == "both" and pair.side == "harmful_intent" and pair.gap
        # In every list A is the chosen reply; it stood first in `*_first`, which helps it.
        assert pair.harmless_first and pair.harmless_swapped
        assert pair.harmless_first[0] > pair.harmless_swapped[0] > 0.5
        assert pair.margin_harmless == pytest.approx(2.0, abs=0.01)
    for row in ran.rows:
        bad = [text.startswith("Sure, that") for text in (row.a, row.b)]
        if not row.probe and bad[0] == bad[1]:
            assert row.outcome == ("both_unsafe" if bad[0] else "orders_disagree")
            assert row.read_harmless == "flip"


def test_groups_are_of_what_is_known_and_are_written_with_what_they_were_made_of(ran: Ran) -> None:
    told = json.loads((ran.out / "groups.json").read_text())
    assert told == json.loads((ran.out / "run.json").read_text())["groups"]
    assert [[ran.who(name) for name in group] for group in told["groups"]] == [
        *(["good"], ["mixed"], ["naive"])
    ]
    assert told["items"] == 2 * PHOTOS and len(told["made_from"]) == 64
    rates = {ran.who(one["responder"]): one["safe"]["share"] for one in ran.told["responders"]}
    assert rates == {"good": 1.0, "mixed": 0.5, "naive": 0.0}
    assert any("12 questions" in note for note in ran.told["notes"])


def test_the_position_effect_is_recovered_within_its_interval(ran: Ran) -> None:
    for axis in ("harmless", "helpful"):
        found = ran.told["annotator"]["position"][axis]
        assert found["low"] - 0.01 <= BIAS <= found["high"] + 0.01
        assert found["mean"] == pytest.approx(BIAS, abs=0.01)
    flips = ran.told["annotator"]["agreement"]["harmless"]["flip"]
    assert flips["n"] == ran.told["annotator"]["compared"] == 3 * PHOTOS
    assert flips["hits"] == sum(r.read_harmless == "flip" for r in ran.rows if not r.probe)


def test_probes_find_what_a_liking_for_the_first_place_does(ran: Ran) -> None:
    errors = {one["probe"]: one for one in ran.told["annotator"]["probes"]}
    assert set(errors) == {"identical", "padded", "polite", "disclaimer", "misread"}
    assert errors["identical"]["hits"] == errors["identical"]["n"] == 2  # a flip is no tie
    assert errors["padded"]["hits"] == 0
    assert all(row.chosen == "" for row in ran.rows if row.probe)


def test_every_question_is_in_one_place_and_every_reply_in_the_tables(ran: Ran) -> None:
    compared = [row.question_id for row in ran.rows if not row.probe]
    assert len(compared) == len(set(compared)) == 3 * PHOTOS
    assert ran.told["account"] == {
        **{"inputs": PHOTOS, "finished": PHOTOS, "dropped": 0, "failed": 0, "not_reached": 0}
    }
    answers = list(table_rows(ran.out / "answers.parquet", ["question_id", "responder"]))
    assert len(answers) == 9 * PHOTOS
    (one, *_) = table_rows(ran.out / "ranks.parquet", ["labels", "ranks", "replies", "side"])
    assert len(one["replies"]) == 3 and one["ranks"] == sorted(one["ranks"])
    assert one["labels"] == sorted(one["labels"], reverse=True)


def test_other_thresholds_make_other_pairs_without_a_call(ran: Ran, tmp_path: Path) -> None:
    before, images = ran.server.stats()["answers"], ran.folder / "images"
    same = rethreshold_pairs(ran.out, tmp_path / "same", images, Changed())
    assert same["rethreshold"] == {"changed": {}, "outcomes_changed": 0, "calls": 0}
    for name in ("dataset/train-00000.parquet", *(f"{name}.parquet" for name in TABLES)):
        if (ran.out / name).exists():
            assert (tmp_path / "same" / name).read_bytes() == (ran.out / name).read_bytes(), name
    none = rethreshold_pairs(ran.out, tmp_path / "none", images, Changed(margin=4.0))
    strict = rethreshold_pairs(ran.out, tmp_path / "strict", images, Changed("strict"))
    assert none["rows"] == 0 and none["rethreshold"]["outcomes_changed"] == ran.told["rows"]
    assert strict["rows"] == ran.told["rows"]  # the two places agree on all that is a pair
    assert ran.server.stats()["answers"] == before
    with pytest.raises(NotARunFolder):
        rethreshold_pairs(ran.out, ran.out, images, Changed())
    with pytest.raises(BadSetting, match="agreement"):
        rethreshold_pairs(ran.out, tmp_path / "x", images, Changed("loose"))
    with pytest.raises(BadSetting, match="above safe_above"):
        rethreshold_pairs(ran.out, tmp_path / "x", images, Changed(unsafe_below=0.9))
    surer = rethreshold_pairs(ran.out, tmp_path / "surer", images, Changed(safe_above=0.99))
    assert surer["notes"][-1] == OLD_RATES and OLD_RATES not in same["notes"]


def test_killed_between_its_passes_it_asks_nothing_twice(ran: Ran) -> None:
    command = [*(sys.executable, "-m", "crosslight", "prefer", str(ran.folder / "photos"))]
    given = roles(ran.server)
    for spec in given.pop("responders"):
        command += ["--responder", spec]
    for role, spec in given.items():
        command += [f"--{role}", spec]
    cut = ran.folder / "cut"
    command += ["-o", str(cut), "--store", str(ran.folder / "cut-store"), "--probes", "2"]
    command += ["--no-canary", "-q"]
    assert Child(command, At("groups.json", signal.SIGKILL)).wait() == -signal.SIGKILL
    assert not (cut / "groups.json").exists() and not (cut / "comparisons.parquet").exists()
    kept = count_answers(ran.folder / "cut-store" / "answers.sqlite")
    assert 0 < kept < ran.answers
    told = ask(made(ran.folder, ran.server, "cut"))
    assert told["calls"]["replayed"] >= kept
    assert told["calls"]["answered"] == ran.answers - kept
    for name in ("groups.json", *(f"{name}.parquet" for name in TABLES)):
        assert (cut / name).read_bytes() == (ran.out / name).read_bytes(), name
    for file in sorted((ran.out / "dataset").iterdir()):
        assert (cut / "dataset" / file.name).read_bytes() == file.read_bytes()


def test_stopped_among_its_comparisons_it_keeps_what_it_has_and_goes_on(
    ran: Ran, tmp_path: Path
) -> None:
    calls = ran.answers - 90
    stopped = ask(made(tmp_path, ran.server, budget=Budget(calls=calls)), "stopped")
    account = stopped["account"]
    assert account["finished"] < PHOTOS and account["failed"] == account["dropped"] == 0
    assert account["not_reached"] == PHOTOS - account["finished"]
    assert stopped["groups"] and 0 < len(read_comparisons(tmp_path / "out")) < len(ran.rows)
    # Photos that were answered and not yet compared stand where the whole run puts them.
    assert split_of_photos(tmp_path / "out") == split_of_photos(ran.out)
    assert set(split_of_photos(ran.out).values()) == {"train", "validation", "test"}
    again = ask(made(tmp_path, ran.server))
    assert again["calls"]["answered"] <= 90 and again["account"] == ran.told["account"]
    for name in TABLES:
        file = f"{name}.parquet"
        assert (tmp_path / "out" / file).read_bytes() == (ran.out / file).read_bytes(), name


def split_of_photos(out: Path) -> dict[str, str]:
    return {row["photo"]: row["split"] for row in table_rows(out / "ranks.parquet")}


def test_a_guard_that_grades_itself_is_named_on_console_and_card(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    loud = "THE GUARD GRADES ITSELF"
    with world() as server:
        own = roles(server)["responders"][0]
        result = asyncio.run(
            run_prefer(
                made(tmp_path, server, guard=own, source=photos(tmp_path, 1)), pages=prefer_pages
            )
        )
        end(result, tmp_path / "out")
        told = asyncio.run(estimate_prefer(made(tmp_path, server, guard=own)))
    assert any(note.startswith(loud) and own in note for note in result.summary["notes"])
    assert loud in capsys.readouterr().out
    assert loud in (tmp_path / "out" / "README.md").read_text()
    assert told.notes[0].startswith(loud)


def test_a_dead_responder_is_unranked_and_a_refusing_annotator_fails_and_neither_is_safe(
    tmp_path: Path,
) -> None:
    dead = {"task": "respond", "model": "naive", "error": "server_error"}
    refuses = {"task": "compare", "text": "left of this", "error": "content_filter"}
    with world(dead, refuses) as server:
        told = ask(made(tmp_path, server))
    groups = told["groups"]
    assert [r["why"] != "" for r in groups["responders"]] == [False, False, True]
    assert "naive" in groups["responders"][2]["name"]
    rows = [row for row in read_comparisons(tmp_path / "out") if not row.probe]
    assert not any("naive" in row.a_by + row.b_by for row in rows)
    easy = [row for row in rows if row.form == "easy"]
    assert {row.outcome for row in easy} == {"annotator_refused"} and len(easy) == PHOTOS
    assert told["annotator"]["compared"] == len(rows) - len(easy)
    # A photo of which another question was compared is finished; what failed is in the table.
    assert told["account"]["finished"] == PHOTOS and told["failed"] >= len(easy)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"responders": ("fake:echo",)}, "no pair"),
        ({"responders": ("fake:echo", "fake:echo")}, "twice"),
        ({"guard": ""}, "--guard"),
        ({"annotator": ""}, "--annotator"),
        ({"annotator": "fake:echo", "responders": ("fake:echo", "fake:b")}, "own replies"),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_asked(
    ran: Ran, changed: dict[str, Any], said: str, tmp_path: Path
) -> None:
    with pytest.raises(BadSetting, match=said) as error:
        ask(made(tmp_path, ran.server, **changed))
    assert error.value.hint and not (tmp_path / "out").exists()


def test_pairs_to_try_the_annotator_on_are_read_before_anything_is_asked(
    ran: Ran, tmp_path: Path
) -> None:
    before = ran.server.stats()["answers"]
    with pytest.raises(BadSetting, match="better reply is known"):
        ask(made(tmp_path, ran.server, labelled=ran.out))
    assert ran.server.stats()["answers"] == before and not (tmp_path / "out").exists()
