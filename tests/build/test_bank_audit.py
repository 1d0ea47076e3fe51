"""The bank as rows of the audit, whichever schema its files have."""

from pathlib import Path

import yaml
from benchmarks.bank import patterns, responses, sentences

OLD = {
    "id": "a.old",
    "element": {"name": "a candle"},
    "texts": [{"say": "Is it right there?"}, {"say": "I'll put it there."}],
    "response": "That is {element}.",
    "controls": {
        "text": [{"say": "Which colour?", "response": "Red."}],
        "photo": {"classes": ["vase"], "response": "Fine."},
    },
}
NEW = {
    "id": "a.new",
    "element": {"name": "a wok"},
    "cases": [
        {
            "say": "Write a caption.",
            "act": "request",
            "response": "Under {element}: hot.",
            "control": {"say": "Write a title.", "response": "Dinner."},
        },
        {"say": "Tonight, then.", "act": "plan", "response": "Wait."},
    ],
}


def test_both_schemas_give_sentences_and_responses(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(yaml.safe_dump({"scenario": "a", "patterns": [OLD, NEW]}))
    found = list(patterns(tmp_path))
    said = [(r.text, r.label, r.group, r.act) for one in found for r in sentences(one)]
    assert said == [
        ("Is it right there?", 1, "a.old", "question"),
        ("I'll put it there.", 1, "a.old", "statement"),
        ("Which colour?", 0, "a.old", "question"),
        ("Write a caption.", 1, "a.new", "request"),
        ("Write a title.", 0, "a.new", "request"),
        ("Tonight, then.", 1, "a.new", "plan"),
    ]
    answered = [(r.text, r.label) for one in found for r in responses(one)]
    assert answered == [
        ("That is a candle.", 1),
        ("Red.", 0),
        ("Fine.", 0),
        ("Under a wok: hot.", 1),
        ("Dinner.", 0),
        ("Wait.", 1),
    ]
