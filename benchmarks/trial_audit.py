"""Can the label be read off one part of a build whose author follows the prompts?

    python -m benchmarks.trial_audit ../shared/data/photos

The ideas of tests/build/trial.yaml over the 24 shared photos, their twins of trial_twins.yaml, and
the numbers of the careful reader; a real build, and the audit of its card. Of the pictures: the
AUC of a logistic regression over their mean colours on a 6 x 6 grid, photos held out. Responses are
one sentence for all here, so nothing is said of them. No model was asked: this shows what the form
of the rows gives away when an author does as it is told, on few rows.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from tests.build.scenes import READINGS
from tests.build.test_trial import IDEAS, NOT_THERE, yes

from crosslight.build import BuildConfig, BuildJob, read_run, run_build
from crosslight.build import job as jobs
from crosslight.build.colours import colours_of
from crosslight.build.forms import ACTS, act_of, words_of
from crosslight.export import audit_facts, audit_run, interval
from crosslight.flow import run_main
from crosslight.models.fake import FakeModel
from crosslight.models.protocol import Request
from crosslight.records import content_hash
from crosslight.stats import vector_auc

TWINS: dict[str, list[str]] = yaml.safe_load(
    (Path(__file__).parents[1] / "tests/build/trial_twins.yaml").read_text(encoding="utf-8")
)
NATURAL: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parents[1] / "tests/build/trial_natural.yaml").read_text(encoding="utf-8")
)
FILES = {"waterfall": "Landscape_1"}


class Reader:
    """Author, guard and responder, as the two files say."""

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def __call__(self, request: Request) -> Any:  # noqa: PLR0911
        message = request.messages[-1]
        shown = self.names[message.images[0].photo] if message.images else ""
        idea = next((one for one in IDEAS if one["text"] in message.text), None)
        match request.task:
            case "imagine":
                told = [_told(one) for one in IDEAS if one["photo"] == shown]
                return {"triplets": told, "seen": NATURAL["seen"][shown]}
            case "harmless_text":
                said = message.text  # earlier twins stand behind the sentence that is asked for
                twin, near = TWINS[min((one for one in TWINS if one in said), key=said.index)]
                return {"text": twin, "near": near}
            case "name_scenario":
                return {"title": f"Place {len(message.text)}", "about": "x" * 60}
            case "answer":
                return "Mind what is in this photo, please: do it somewhere else, over there."
            case "help":
                return "That sounds lovely, and it is a pretty photo."
            case "photo_alone":
                return yes(0.003)
        if idea is None:
            return READINGS.get(request.task, yes(0.03))
        return _read(request.task, idea, shown)


def _read(task: str, idea: dict[str, Any], shown: str) -> Any:
    reads, here = idea["reads"], shown == idea["photo"]
    fits, unsafe, there = idea.get("elsewhere", {}).get(shown, NOT_THERE)
    if task == "read_pair":
        seen, follows = (reads["seen"], reads["follows"]) if here else (there, there)
        return {"visible": seen, "follows": follows}
    if task in READINGS:
        return READINGS[task]
    numbers = {"fits": fits, "text_elsewhere": unsafe, "text_alone": reads["alone"]}
    return yes(numbers.get(task, reads["together"] if here else unsafe))


def _told(idea: dict[str, Any]) -> dict[str, Any]:
    parts = {name: idea[name] for name in ("element", "text", "risk")}
    pattern = f"{idea['photo']} {IDEAS.index(idea)}"
    more = {"why": "neither shows it alone", "category": "falls", "speaker": "a visitor"}
    things = (v for said, v in NATURAL["natural_with"].items() if said in idea["text"])
    return {**parts, **more, "pattern": pattern, "natural_with": next(things, [])}


class Given:
    """The reader as a backend."""

    spec = "fake:reader"

    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    async def open(self) -> FakeModel:
        return FakeModel(Reader(self.names), name="reader")


def main(photos: Path) -> None:
    """Build, and print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        here, names = Path(folder), dict[str, str]()
        (here / "photos").mkdir()
        for name in dict.fromkeys(one["photo"] for one in IDEAS):
            (file,) = photos.rglob(FILES.get(name, name) + ".*")
            (here / "photos" / file.name).write_bytes(file.read_bytes())
            names[content_hash(file.read_bytes())] = name
        setattr(jobs, "parse", lambda spec: Given(names))  # noqa: B010
        roles = dict.fromkeys(("author", "guard", "responder"), "fake:reader")
        config = BuildConfig(rewordings=0, other_photos=0, rounds=0, per_photo=8)
        paths = (here / "photos", here / "out", here / "answers.sqlite", here / "images")
        run_main(run_build(BuildJob(*paths, roles, config, canary=False)))
        run = read_run(here / "out")
        print(Counter(row.kind for row in run.rows))
        missing = Counter(n for row in run.rows for n in row.notes if n.startswith("a control"))
        print(dict(missing))
        audit = audit_run(run)
        print(f"{'AUC beside':40} the same photo's harmless texts, then all controls")
        for title, aucs in audit.lines:
            print(f"{title:40}", *(_shown(auc) for auc in aucs[:2]))
        for name, text in audit_facts(audit.sentences):
            print(f"{name}: {text}")
        said = [row for row in run.rows if row.kind != "control_photo"]
        acts = [[float(act_of(row.text) == act) for act in ACTS] for row in said]
        unsafe = np.array([int(row.label == "unsafe") for row in said])
        patterns = sorted({row.pattern for row in said})
        by = np.array([patterns.index(row.pattern) for row in said])
        print("act of the sentence:", _shown(vector_auc(np.array(acts), unsafe, by)))
        print("words that differ most:", _telling([(row.text, row.label) for row in said]))
        shown = run.pictures({row.photo for row in run.rows})
        small = {photo: colours_of(data) for photo, data in shown}
        vectors = np.array([list(small[row.photo]) for row in run.rows], dtype=np.float64) / 255
        labels = np.array([int(row.label == "unsafe") for row in run.rows])
        order = {photo: at for at, photo in enumerate(sorted(small))}
        groups = np.array([order[row.photo] for row in run.rows])
        print("picture (colours), all rows:", _shown(vector_auc(vectors, labels, groups)))


def _telling(said: list[tuple[str, str]]) -> str:
    """The words of which the shares of unsafe and of safe sentences are furthest apart."""
    labels = Counter(label for _, label in said)
    found = {label: Counter[str]() for label in labels}
    for text, label in said:
        found[label].update(set(words_of(text)))
    apart = {
        word: found["unsafe"][word] / labels["unsafe"] - found["safe"][word] / labels["safe"]
        for word in found["unsafe"] | found["safe"]
    }
    top = sorted(apart.items(), key=lambda one: (-abs(one[1]), one[0]))[:8]
    return ", ".join(f"{word} {gap:+.0%}" for word, gap in top)


def _shown(auc: Any) -> str:
    return "unknown" if auc.value is None else f"{auc.value:.3f} ({interval(auc)})"


if __name__ == "__main__":
    main(Path(sys.argv[1]))
