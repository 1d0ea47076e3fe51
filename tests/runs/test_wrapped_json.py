"""JSON between sentences: read by a run, and told in its notes."""

from pathlib import Path

from crosslight.models.fake import FakeServer
from crosslight.models.fake.habits import Habits
from tests.runs.verbs import VERBS, prepared, ran, summary

TALKS = Habits(
    wrap="Sure, here it is:\n~~~JSON\n{answer}\n~~~\nAnything else?", trailing_comma=True
)


def test_json_in_prose_fails_no_image(tmp_path: Path) -> None:
    judge = next(verb for verb in VERBS if verb.name == "judge")
    script = prepared(tmp_path, 2).model_copy(update={"habits": TALKS})
    with FakeServer(script) as server:
        ended = ran(judge.command(tmp_path, server.spec))
    assert ended.returncode == 0, ended
    told = summary(tmp_path / "out")
    assert not told["faults"], told
    assert any("was taken out of fences or sentences" in note for note in told["notes"]), told
