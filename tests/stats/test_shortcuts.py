"""The shortcut audit on made-up sets whose shortcuts are known."""

import random
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from crosslight.stats import Auc, AuditRow, Shortcut, audit_texts, frame, terms_auc, vector_auc

WORDS = "amber birch cedar delta ember fjord grove heath inlet jetty knoll larch".split()


def made(
    seed: int, change: Callable[[str, int, int], str] = lambda text, label, group: text
) -> list[AuditRow]:
    """Sixty groups of two rows of each label, all words and marks by chance, then `change`."""
    rng = random.Random(seed)
    rows = []
    for group in range(60):
        for label in (0, 1, 0, 1):
            words = rng.choices(WORDS, k=rng.randint(5, 12))
            if rng.random() < 0.3:
                words[2] += ","
            text = " ".join(words).capitalize() + rng.choice(".?!")
            rows.append(AuditRow(change(text, label, group), label, f"g{group}"))
    return rows


def test_where_there_is_no_shortcut_the_intervals_cover_one_half() -> None:
    covered: dict[str, int] = {}
    for seed in range(5):
        found = audit_texts(made(seed), by_act=False)
        assert all(one.auc.known for one in found.shortcuts)
        for one in found.shortcuts:
            low, high = one.auc.low, one.auc.high
            assert low is not None and high is not None
            covered[one.name] = covered.get(one.name, 0) + (low <= 0.5 <= high)
    assert min(covered.values()) >= 3 and sum(covered.values()) >= 0.9 * 5 * len(covered), covered


def test_a_planted_word_is_found_and_named() -> None:
    rng = random.Random(1)

    def plant(text: str, label: int, group: int) -> str:
        return text.replace(" ", " tonight ", 1) if rng.random() < (0.05, 0.8)[label] else text

    found = audit_texts(made(3, plant))
    assert found.auc("bag").value == pytest.approx(0.87, abs=0.07)
    assert "bag" in [one.name for one in found.loud]
    assert found.words_unsafe[0].word == "tonight"
    assert found.words_unsafe[0].unsafe > 40 and found.words_unsafe[0].safe < 10
    assert "tonight" not in [word.word for word in found.words_safe]


def test_a_word_that_one_group_alone_has_does_not_help() -> None:
    def own(text: str, label: int, group: int) -> str:
        return f"{text} {'own' if label else 'other'}{group} {'mine' if label else 'yours'}{group}"

    rows = made(5, own)
    held = audit_texts(rows, by_act=False)
    low = held.auc("bag").low
    assert low is not None and low < 0.5
    assert not held.words_unsafe or "own" not in held.words_unsafe[0].word
    # The same rows with the groups torn apart: now each word is seen in training.
    torn = [AuditRow(r.text, r.label, f"{r.group}-{n}") for n, r in enumerate(rows)]
    value = audit_texts(torn, by_act=False).auc("bag").value
    assert value is not None and value > 0.7


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("words", lambda text, label, group: text + " and so on and on" * label),
        ("question_mark", lambda text, label, group: text[:-1] + ".?"[label]),
        ("question_word", lambda text, label, group: ("Now ", "How ")[label] + text),
        ("commas", lambda text, label, group: text.replace(" ", ", " if label else " ", 2)),
        ("opening", lambda text, label, group: ("Over there ", "My dear ")[label] + text),
    ],
)
def test_each_form_is_found(name: str, change: Callable[[str, int, int], str]) -> None:
    found = audit_texts(made(7, change), by_act=False)
    value = found.auc(name).value
    assert value is not None and value > 0.8
    assert name in [one.name for one in found.loud]


def test_what_may_be_chance_is_not_said_aloud() -> None:
    told = {0.48: False, 0.52: True}
    for low, loud in told.items():
        assert Shortcut("bag", "", Auc(0.7, low, 0.9, 40)).loud is loud
    assert not Shortcut("bag", "", Auc(0.64, 0.6, 0.7, 900)).loud
    assert not Shortcut("bag", "", Auc(None, None, None, 3, "3 rows")).loud


def test_the_order_of_the_rows_changes_nothing_and_the_seed_decides_the_sample() -> None:
    rows = made(9)
    turned = random.Random(2).sample(rows, len(rows))
    assert audit_texts(rows, most=150) == audit_texts(turned, most=150)
    found, other = (audit_texts(rows, most=150, seed=seed) for seed in (0, 1))
    assert (found.of, found.rows) == (240, 150)
    assert found.shortcuts != other.shortcuts


def test_an_act_that_tells_is_told_and_the_words_are_looked_at_within_each() -> None:
    acts = {0: ["question"] * 4 + ["plan"], 1: ["question"] + ["plan"] * 4}
    rng = random.Random(4)
    rows = [AuditRow(r.text, r.label, r.group, rng.choice(acts[r.label])) for r in made(11)]
    found = audit_texts(rows)
    names = [one.name for one in found.shortcuts]
    assert names[-3:] == ["act", "bag_in_plan", "bag_in_question"]
    value, within = found.auc("act").value, found.auc("bag_in_plan")
    assert value == pytest.approx(0.8, abs=0.08)
    assert within.low is not None and within.low < 0.5 and within.rows < 150
    assert sum(one + zero for _, one, zero in found.acts) == 240


def test_lengths_and_repeated_forms_are_told() -> None:
    rows = [AuditRow(f"I'll put {w} on this tonight, so", 1, f"g{n}") for n, w in enumerate(WORDS)]
    rows += [AuditRow(f"How do I clean {w}?", 0, f"g{n}") for n, w in enumerate(WORDS)]
    found = audit_texts(rows)
    assert found.lengths_unsafe is not None and found.lengths_safe is not None
    assert (found.lengths_unsafe.median, found.lengths_safe.median, found.overlap) == (7, 5, 0)
    assert [(f.form, f.groups) for f in found.openings[1]] == [("how do", 12)]
    assert [(f.form, f.rows) for f in found.frames[0]] == [("i'll _ on this tonight", 12)]
    assert frame("Can you really read that?") == "can you really _ that?"


def test_few_rows_are_unknown_and_load_nothing_heavy() -> None:
    code = (
        "import sys\nfrom crosslight.stats import AuditRow, audit_texts\n"
        "found = audit_texts([AuditRow(f'row {n}', n % 2, str(n)) for n in range(12)])\n"
        "print([s.auc.value for s in found.shortcuts], 'sklearn' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.strip() == f"{[None] * 9} False"


def test_no_rows_and_odd_texts_are_no_error() -> None:
    empty = audit_texts([])
    assert {one.auc.reason for one in empty.shortcuts} == {"no rows"} and not empty.loud
    odd = ["", "?!", "…", "\ud800", "日本語 の 文", "a" * 100_000, "\u202ex", "O’Brien’s"]
    rows = [AuditRow(odd[n % 8], n % 2, f"g{n}") for n in range(80)]
    found = audit_texts(rows)
    assert found.rows == 80 and found.shared == 8
    silent = [AuditRow("?!"[n % 2], n % 2, f"g{n}") for n in range(40)]
    assert audit_texts(silent).auc("bag").reason == "the texts hold no word"
    assert audit_texts(silent).auc("question_mark").value == 1.0


def test_vectors_of_pictures_are_held_out_by_group_too() -> None:
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(40), 4)
    labels = np.tile([0, 1, 0, 1], 40)
    noise = rng.normal(size=(160, 8))
    blind = vector_auc(noise, labels, groups)
    assert blind.low is not None and blind.high is not None and blind.low < 0.5 < blind.high
    noise[:, 3] += 3 * labels
    seen = vector_auc(noise, labels, groups)
    assert seen.value is not None and seen.value > 0.95
    noise[0, 0] = np.nan
    assert "number that is none" in vector_auc(noise, labels, groups).reason
    few = terms_auc(["a"] * 4, labels[:4], groups[:4], str.split)
    assert few.value is None and few.reason
