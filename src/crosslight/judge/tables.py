"""Verdicts and evidence as parquet, and back again for `judge rethreshold` and the report card."""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from crosslight.judge.reading import bounds
from crosslight.records import (
    Evidence,
    Finding,
    Measured,
    PrintTest,
    Reading,
    Region,
    RuleFinding,
    Score,
    Status,
    Verdict,
)
from crosslight.store import TableError, table_rows, table_schema

_TEXT, _NUMBER, _COUNT, _FLAG = pa.string(), pa.float64(), pa.int64(), pa.bool_()

VERDICTS = table_schema(
    {
        **dict.fromkeys(("id", "photo", "source", "verdict"), _TEXT),
        "violated": pa.list_(_TEXT),
        "undecided": pa.list_(_TEXT),
        "failed": pa.list_(_TEXT),
        "score": _NUMBER,
        "reason": _TEXT,
        "looks": pa.list_(_TEXT),
        "unseen": _TEXT,
        "addresses_judge": _FLAG,
        "addressed_by": _TEXT,
        "notes": pa.list_(_TEXT),
        "rules": _TEXT,
        "print_tests": _TEXT,
        "provenance": _TEXT,
        **dict.fromkeys(("licence", "origin"), _TEXT),
    }
)
"""`rules` is JSON: for each rule its finding, reason, score, relevance and (of several looks) the
look that decided. `looks`: names of the frames or pieces; one empty name for an ordinary image.
`print_tests` is JSON: what was asked of several questions together with the print filled, each
score as [yes, outside, samples, low, high]."""

_SCORES = ("shown", "prior", "whole", "erased", "joint", "unprinted")
_FLAGS = ("single", "lettered", "addressed")
_SIDES = ("left", "top", "right", "bottom", "confidence")
EVIDENCE = table_schema(
    {
        **dict.fromkeys(("photo", "rule", "look"), _TEXT),
        "item": _COUNT,
        "alternative": _COUNT,
        "question": _TEXT,
        "absent": _FLAG,
        **{name: _NUMBER for n in _SCORES for name in (n, f"{n}_outside")},
        "debiased": _NUMBER,
        "samples": _COUNT,
        "method": _TEXT,
        "room": _COUNT,
        "said": _TEXT,
        "low": _NUMBER,
        "high": _NUMBER,
        "intervals": _TEXT,
        "cropped": _FLAG,
        "sought": _FLAG,
        **dict.fromkeys(_FLAGS, _FLAG),
        **dict.fromkeys(_SIDES, _NUMBER),
        "boxes": _TEXT,
        "joint_reasoned": _TEXT,
        **dict.fromkeys(("box_word", "reasoned", "reasoned_look"), _TEXT),
        **dict.fromkeys(("rationale", "answer", "test"), _TEXT),
    }
)
"""Measured: all up to `rationale`. By the thresholds: `answer` and `test`. `absent`: the rule wants
the thing not to be there, so that an `answer` of yes keeps it. `samples`, `method`
(logprobs or samples), `room` (tokens for a trace) and `said` (words that are neither option) are
those of `shown`; `intervals` is JSON: between what each score lies that is not wholly known;
`boxes` is JSON: all boxes that are erased together, as [left, top, right, bottom, confidence]."""


def verdict_row(verdict: Verdict) -> dict[str, Any]:
    """A row of `verdicts.parquet`."""
    failed = [r.rule for r in verdict.rules if r.finding is Finding.FAILED]
    rules = [
        {
            "rule": r.rule,
            "finding": str(r.finding),
            "reason": r.reason,
            "score": r.score,
            "relevance": r.relevance,
            **({"look": r.look} if r.look else {}),
        }
        for r in verdict.rules
    ]
    return {
        "id": verdict.id,
        "photo": verdict.photo,
        "source": verdict.source,
        "verdict": str(verdict.status),
        "violated": list(verdict.violated),
        "undecided": [r.rule for r in verdict.rules if r.finding is Finding.UNDECIDED],
        "failed": failed,
        "score": verdict.score,
        "reason": verdict.reason,
        "looks": list(verdict.looks),
        "unseen": verdict.unseen,
        "addresses_judge": bool(verdict.addressed_by),
        "addressed_by": verdict.addressed_by,
        "notes": list(verdict.notes),
        "rules": json.dumps(rules, ensure_ascii=False, sort_keys=True),
        "print_tests": _print_row(verdict),
        "provenance": json.dumps(verdict.provenance, sort_keys=True),
        "licence": verdict.licence,
        "origin": verdict.origin,
    }


def evidence_rows(verdict: Verdict, z: float) -> Iterator[dict[str, Any]]:
    """Rows of `evidence.parquet`, one a question that was asked."""
    for rule in verdict.rules:
        for e in rule.evidence:
            yield {"photo": verdict.photo, "rule": rule.rule, **_evidence_row(e, z)}


def _evidence_row(e: Evidence, z: float) -> dict[str, Any]:
    m = e.measured
    row: dict[str, Any] = {
        "look": e.look,
        "item": e.item,
        "alternative": e.alternative,
        "question": e.question,
        "absent": e.absent,
        "cropped": m.cropped,
        "sought": m.sought,
        **{name: getattr(m, name) for name in _FLAGS},
        "joint_reasoned": m.joint_reasoned,
        "reasoned": m.reasoned,
        "reasoned_look": m.reasoned_look or None,
        "rationale": m.rationale or None,
        "answer": e.reading.answer,
        "test": e.reading.test,
    }
    for name, score in _scores(m):
        row |= {name: score.yes, f"{name}_outside": score.outside}
    if m.shown is not None:
        low, high = bounds(m.shown, z)
        row |= {"samples": m.shown.samples, "low": low, "high": high}
        row |= {"method": m.shown.method or None, "room": m.shown.room, "said": m.shown.said}
        if m.prior is not None:
            row["debiased"] = m.shown.yes - m.prior.yes
    elif m.joint is not None:
        row["samples"] = m.joint.samples
    partly = {name: [s.low, s.high] for name, s in _scores(m) if s.low is not None}
    row["intervals"] = json.dumps(partly) if partly else None
    if m.region is not None:
        row |= {**{name: getattr(m.region, name) for name in _SIDES}, "box_word": m.region.word}
    if m.regions:
        row["boxes"] = json.dumps([[getattr(r, name) for name in _SIDES] for r in m.regions])
    return row


def _scores(m: Measured) -> list[tuple[str, Score]]:
    found = ((name, getattr(m, name)) for name in _SCORES)
    return [(name, score) for name, score in found if score is not None]


def read_verdicts(folder: Path) -> list[Verdict]:
    """All verdicts of a run with their evidence, in order. Raises `FileNotFoundError`, and
    `TableError` for tables that are damaged or hold something else."""
    evidence: dict[tuple[str, str], list[Evidence]] = {}
    try:
        for row in table_rows(folder / "evidence.parquet"):
            evidence.setdefault((row["photo"], row["rule"]), []).append(_read_evidence(row))
        return [_read_verdict(row, evidence) for row in table_rows(folder / "verdicts.parquet")]
    except (LookupError, TypeError, ValueError, AttributeError, RecursionError) as error:
        line = f"{type(error).__name__}: {error}"[:200]
        raise TableError(
            f"the tables in {folder} are no verdicts of ours ({line})", "judge the images again"
        ) from error


def _read_verdict(
    row: Mapping[str, Any], evidence: Mapping[tuple[str, str], Sequence[Evidence]]
) -> Verdict:
    rules = tuple(
        RuleFinding(
            r["rule"],
            Finding(r["finding"]),
            r["reason"],
            r["score"],
            r["relevance"],
            tuple(evidence.get((row["photo"], r["rule"]), ())),
            r.get("look", ""),
        )
        for r in json.loads(row["rules"])
    )
    return Verdict(
        row["photo"],
        Status(row["verdict"]),
        rules,
        row["reason"],
        row["addressed_by"],
        tuple(row["notes"]),
        row["source"],
        json.loads(row["provenance"]),
        # Runs from before these columns looked once at everything.
        tuple(row.get("looks") or ("",)),
        row.get("unseen") or "",
        row.get("licence") or "",
        row.get("origin") or "",
        *_read_print(row.get("print_tests")),
    )


_TOLD = ("yes", "outside", "samples", "low", "high")


def _print_row(verdict: Verdict) -> str | None:
    if verdict.print_tests is None:
        return None
    tests = [
        {
            "look": test.look,
            "places": test.places,
            **{
                name: [getattr(score, part) for part in _TOLD] if score else None
                for name, score in (("filled", test.filled), ("shown", test.shown))
            },
        }
        for test in verdict.print_tests
    ]
    return json.dumps({"tests": tests, "swayed": verdict.swayed}, ensure_ascii=False)


def _read_print(text: str | None) -> tuple[tuple[PrintTest, ...] | None, bool]:
    """Runs from before this column kept no account of it."""
    if not text:
        return None, False
    told = json.loads(text)
    tests = tuple(
        PrintTest(
            test["look"],
            tuple(test["places"]),
            Score(*test["filled"]),
            Score(*test["shown"]) if test["shown"] else None,
        )
        for test in told["tests"]
    )
    return tests, bool(told["swayed"])


def _region(sides: Sequence[float], word: str) -> Region:
    left, top, right, bottom, confidence = sides
    return Region(left, top, right, bottom, confidence, word)


def _read_evidence(row: Mapping[str, Any]) -> Evidence:
    samples, method, room = row["samples"] or 0, row.get("method") or "", row.get("room") or 0
    partly: dict[str, tuple[float, float]] = json.loads(row.get("intervals") or "{}")
    none = (None, None)
    said = {"shown": row.get("said") or ""}
    scores: dict[str, Any] = {
        name: Score(
            row[name],
            row[f"{name}_outside"],
            samples,
            low=partly.get(name, none)[0],
            high=partly.get(name, none)[1],
            method=method,
            room=room,
            said=said.get(name, ""),
        )
        for name in _SCORES
        if row.get(name) is not None  # of runs from before a score had a column: it was not asked
    }
    word, region = row["box_word"] or "", None
    if row["confidence"] is not None:
        region = _region([row[name] for name in _SIDES], word)
    flags: dict[str, Any] = {name: bool(row.get(name)) for name in _FLAGS}
    measured = Measured(
        **scores,
        cropped=row["cropped"],
        sought=row["sought"],
        region=region,
        reasoned=row["reasoned"],
        joint_reasoned=row.get("joint_reasoned"),
        rationale=row["rationale"] or "",
        regions=tuple(_region(sides, word) for sides in json.loads(row.get("boxes") or "[]")),
        **flags,
        reasoned_look=row.get("reasoned_look") or "",
    )
    reading = Reading(row["answer"], row["test"])
    look = row.get("look") or ""
    absent = bool(row.get("absent"))  # runs from before this column asked for what is there
    place = (row["item"], row["alternative"], row["question"])
    return Evidence(*place, measured, reading, look, absent)
