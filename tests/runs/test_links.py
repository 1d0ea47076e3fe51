"""A run folder that somebody sent: no verb writes through a link in it (security.md, H1).

Every verb that writes into a folder is walked, with a link under every name that it writes. A name
that is not known here is a new file: it must come to this list, and so under this test.
"""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from crosslight.models.fake import FakeServer
from tests.runs.verbs import VERBS, Verb, prepared, ran

COMMON = {"run.json", "dropped.parquet", "failed.parquet", ".lock"}
WRITTEN = {
    "build": COMMON | {"dataset", "drafts.parquet", "README.md", "report.html"},
    "judge": COMMON
    | {"verdicts.parquet", "evidence.parquet", "report.html", "flips", "flips.json"}
    | {"card.json", "label_next.csv"},
    "assess": COMMON | {"assessed.parquet", "report.html"},
    "bench": COMMON | {"items.parquet", "results.json", "results.csv", "results.md", "report.html"},
    "rethreshold": COMMON | {"verdicts.parquet", "evidence.parquet", "report.html"},
    "compare": {"run.json", ".lock", "compare.json", "compare.md", "differences.csv", "flips.csv"}
    | {"report.html"},
}
"""Every name that a verb leaves in its folder."""
Command = Callable[[Path], list[str]]


def crosslight(*words: object) -> list[str]:
    return ["python", "-m", "crosslight", *map(str, words)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, list[list[str]]]]:
    """For each verb its folder, after all commands that write there, and those commands."""
    here = tmp_path_factory.mktemp("made")
    unsafe = {"task": "visible", "text": "thing a", "choice": {"Yes": 0.95, "No": 0.02}}
    script = prepared(here, 4)
    script = script.model_copy(
        update={"rules": (type(script.rules[0]).model_validate(unsafe), *script.rules)}
    )
    found: dict[str, tuple[Path, list[list[str]]]] = {}
    with FakeServer(script) as server:
        for verb in VERBS:
            more = ["--flip-test", "--without", "debias1"] if verb.name == "judge" else []
            found[verb.name] = here / verb.name, [command(verb, here, server.spec, more)]
            run_all(found[verb.name][1])
    labels = here / "labels.csv"
    # One is left to label: of none no queue is written.
    rows = [f"scene-{i:03}.jpg,{'unsafe' if i % 2 else 'safe'}" for i in range(3)]
    labels.write_text("\n".join(["image,label", *rows]))
    judge, bench, store = here / "judge", here / "bench", ("--store", here / "store")
    found["judge"][1].append(crosslight("judge", "report", labels, "--run", judge, *store))
    found["rethreshold"] = (
        here / "rethreshold",
        [crosslight("judge", "rethreshold", judge, "-o", here / "rethreshold", *store)],
    )
    found["compare"] = (
        here / "compare",
        [crosslight("compare", bench, bench, "-o", here / "compare")],
    )
    for name in ("judge", "rethreshold", "compare"):
        run_all(found[name][1][-1:])
    return found


def command(verb: Verb, here: Path, spec: str, more: list[str]) -> list[str]:
    return verb.command(here, spec, verb.name, *more)


def run_all(commands: list[list[str]]) -> None:
    for words in commands:
        done = ran(words)
        assert done.returncode == 0, (words, done.stderr)


@pytest.mark.parametrize("verb", WRITTEN)
def test_a_verb_writes_the_names_that_are_known(
    verb: str, made: dict[str, tuple[Path, list[list[str]]]]
) -> None:
    assert {path.name for path in made[verb][0].iterdir()} == WRITTEN[verb]


@pytest.mark.parametrize(
    ("verb", "name"), [(verb, name) for verb, names in WRITTEN.items() for name in sorted(names)]
)
def test_a_link_under_a_name_that_is_written_is_refused_and_not_followed(
    verb: str,
    name: str,
    made: dict[str, tuple[Path, list[list[str]]]],
    tmp_path: Path,
) -> None:
    folder, commands = made[verb]
    sent, victim = tmp_path / "sent", tmp_path / "victim"
    shutil.copytree(folder, sent)
    target = sent / name
    if target.is_dir():
        shutil.rmtree(target)
        victim.mkdir()
        (victim / "mine").write_text("precious")
    else:
        target.unlink()
        victim.write_text("precious")
    target.symlink_to(victim)
    before = seen(victim)
    for words in commands:
        done = ran([str(sent) if word == str(folder) else word for word in words])
        assert done.returncode == 2, done.stdout
        assert name in done.stderr and "link" in done.stderr
    assert seen(victim) == before
    assert target.is_symlink()


def seen(place: Path) -> dict[str, str]:
    files = [place] if place.is_file() else sorted(place.rglob("*"))
    return {path.name: path.read_text() for path in files}
