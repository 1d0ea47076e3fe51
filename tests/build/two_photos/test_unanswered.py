"""Questions about two photos that a guard does not answer: noted, and no idea is lost for them, as
in a build of one photo."""

import json
from pathlib import Path
from typing import Any

import pytest

from crosslight.build import BuildConfig, BuildJob, Run, read_run, run_build
from crosslight.build.crosscheck import CLAIM_UNREAD, FOLLOWS_UNREAD
from crosslight.build.roles.protocol import ANSWER_UNREAD, REPLY_UNREAD
from crosslight.export import render_card
from crosslight.flow import run_main
from tests.build.scenes import picture
from tests.build.two_photos.test_run import script, yes

READ = ("pair_claim", "pair_read", "pair_read_control")
PARTS = {"names": 0.95, "assists": 0.03, "helps": 0.95}
KINDS = {"unsafe", "control_text", "control_photo", "hard_negative"}


def built(folder: Path, *rules: dict[str, Any]) -> Run:
    """Three photos, of which the last is the calm one, after a script with these rules first."""
    made = json.loads(script(folder).model_dump_json(exclude_defaults=True, by_alias=True))
    made["rules"] = [*rules, *made["rules"]]
    (folder / "script.json").write_text(json.dumps(made), encoding="utf-8")
    (folder / "photos").mkdir()
    for number in (0, 1, 5):
        (folder / "photos" / f"{number}.jpg").write_bytes(picture(number))
    models = dict.fromkeys(("author", "guard", "responder"), f"fake:{folder / 'script.json'}")
    paths = (folder / "photos", folder / "out", folder / "answers.sqlite", folder / "images")
    run_main(run_build(BuildJob(*paths, models, BuildConfig(images=2), canary=False)))
    return read_run(folder / "out")


@pytest.mark.parametrize(
    "silent",
    [{"error": "cut"}, {"error": "content_filter"}, {"answer": "Who knows."}],
    ids=["cut", "filtered", "prose"],
)
def test_a_question_without_an_answer_costs_no_idea(silent: Any, tmp_path: Path) -> None:
    plain = [{"task": f"pair_answer_{name}", "choice": yes(p)} for name, p in PARTS.items()]
    run = built(tmp_path, *({"task": task, **silent} for task in READ), *plain)
    assert {row.kind for row in run.rows} == KINDS, [one.reason for one in run.failed]
    for row in run.rows:
        assert (row.visible, row.follows) == (None, None), "what nobody read has no number"
        assert (CLAIM_UNREAD in row.notes) == (row.kind == "unsafe")
        assert (REPLY_UNREAD in row.notes) == (row.kind != "unsafe")
    unsafe = sum(row.kind == "unsafe" for row in run.rows)
    assert f"| `{CLAIM_UNREAD}` | {unsafe} |" in render_card(run)
    told = json.loads((tmp_path / "out" / "run.json").read_text(encoding="utf-8"))["notes"]
    assert any(f"in {len(run.rows)} rows the guard left a question" in note for note in told)


def test_what_stays_open_is_named_and_a_plain_answer_decides(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    rules: list[dict[str, Any]] = [
        {"task": "pair_claim", "json": {"visible": "yes", "follows": "unsure"}},
        {"task": "pair_read", "json": {"names": "yes", "assists": "no", "helps": "unsure"}},
        {"task": "pair_answer_helps", "error": "content_filter"},
        {
            "task": "pair_read_control",
            "json": {"helps": "yes", "refuses": "no", "warns": "unsure", "corrects": "no"},
        },
    ]
    run = built(tmp_path / "open", *rules)
    assert {row.kind for row in run.rows} == KINDS
    for row in run.rows:
        own = {FOLLOWS_UNREAD, f"{ANSWER_UNREAD}: helps"}
        wanted = own if row.kind == "unsafe" else {f"{REPLY_UNREAD}: warns"}
        assert wanted <= set(row.notes)
    (tmp_path / "no").mkdir()
    rules[2] = {"task": "pair_answer_helps", "choice": yes(0.04)}
    run = built(tmp_path / "no", *rules)
    assert run.rows == ()
    assert {one.reason for one in run.dropped if one.step == "answer"} == {"no_safe_way"}
