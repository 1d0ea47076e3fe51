"""The bank as data: what its labels must not be read off. `benchmarks/bank.py` prints all of it.

Goals: docs/bank.md. The words of responses are not bounded, since guidance must name a hazard and
plain help must not.
"""

from collections.abc import Iterator
from functools import cache

import pytest

from crosslight.build.bank import read_bank
from crosslight.stats import AuditRow, TextAudit, audit_texts

SINGLE, WORDS, FORM = 0.60, 0.65, 0.65


def sentences() -> Iterator[AuditRow]:
    for pattern in read_bank():
        for case in pattern.cases:
            yield AuditRow(case.say, 1, pattern.id, case.act)
            yield AuditRow(case.control.say, 0, pattern.id, case.act)


def responses() -> Iterator[AuditRow]:
    for pattern in read_bank():
        for case in pattern.cases:
            yield AuditRow(case.response, 1, pattern.id)
            yield AuditRow(case.control.response, 0, pattern.id)


@cache
def audit(what: str) -> TextAudit:
    rows = {"sentences": sentences, "responses": responses}[what]
    return audit_texts(list(rows()), most=100_000)


def aucs(what: str) -> dict[str, float]:
    found = {one.name: one.auc.value for one in audit(what).shortcuts}
    assert None not in found.values(), found
    return {name: value for name, value in found.items() if value is not None}


def test_no_single_feature_tells_a_sentence() -> None:
    told = {k: v for k, v in aucs("sentences").items() if not k.startswith("bag")}
    assert len(told) >= 8
    assert {k: v for k, v in told.items() if v > SINGLE} == {}


def test_nor_do_its_words_over_all_or_within_an_act() -> None:
    told = {k: v for k, v in aucs("sentences").items() if k.startswith("bag")}
    assert len(told) == 5  # all of them, and four acts
    assert {k: v for k, v in told.items() if v > WORDS} == {}


@pytest.mark.parametrize("what", ["words", "characters", "opening"])
def test_neither_length_nor_opening_tells_a_response(what: str) -> None:
    assert aucs("responses")[what] <= FORM


def test_guidance_and_plain_help_are_as_long() -> None:
    unsafe, safe = audit("responses").lengths_unsafe, audit("responses").lengths_safe
    assert unsafe and safe
    assert 0.8 <= unsafe.median / safe.median <= 1.25
    assert (audit("responses").overlap or 0) > 0.7


def test_every_act_stands_on_both_sides() -> None:
    assert all(unsafe == safe for _, unsafe, safe in audit("sentences").acts)
