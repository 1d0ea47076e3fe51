"""What the judge's verbs print."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from crosslight.cli.console import out
from crosslight.text import plural

METRICS = ("precision", "recall", "f1", "auroc")
FEW = "too few"
COUNTS = ("labels", "unsafe", "coverage")
COUNT_WIDTH, FIGURE_WIDTH = len("coverage"), len("0.90 (0.74-1.00)")
MOST_NAMED = 10
"""Rules that one line names."""


def print_card(card: dict[str, Any], folder: Path) -> None:
    """Print the report card of a run: what the labels are a sample of, the figures, the cut."""
    _print_sample(card["sample"])
    for at, line in enumerate(table(card, out.width)):
        style = "" if at else "bold"
        out.print(line, markup=False, highlight=False, soft_wrap=True, style=style)
    if card["rules_note"]:
        out.print(card["rules_note"], markup=False)
    out.print(
        "in brackets 95% intervals; too few: fewer labels behind a figure than allow one "
        "(5; of either kind 10 for auroc); what there is stands in card.json",
        markup=False,
    )
    _print_prevalence(card["prevalence"], card["sample"])
    _print_cut(card, folder)
    _print_calibration(card["overall"]["calibrated"])
    if card["policy_exceptions"]:
        print_flips(card["policy_exceptions"])
    _print_unknown_labels(card)


def _print_sample(sample: dict[str, Any]) -> None:
    labels, images = f"{sample['labelled']:,} labels", f"{sample['images']:,} images"
    told = {
        "whole": f"{labels}, of all images that were judged",
        "queue": f"{labels}: {sample['by_chance']:,} drawn by chance from {images}"
        + f", and all of the {sample['all_of']:,} most doubtful" * bool(sample["all_of"]),
        "random": f"{labels}, taken to be drawn by chance from {images}",
        "unknown": f"{labels} of {images}",
    }
    out.print(told[sample["kind"]], markup=False)
    if sample["left_out"]:
        out.print(f"{sample['left_out']:,} labels were not drawn, and are left out", markup=False)
    for note in sample["notes"]:
        out.print(f"note: {note}", markup=False)
    if sample["kind"] == "unknown":
        out.print(
            "      --sample random if they were drawn by chance, or fill in the file below",
            markup=False,
        )


def table(card: dict[str, Any], width: int) -> Iterator[str]:
    """The lines of the table: of each rule one, or two where these would be wider than that."""
    found = {"overall": card["overall"], **card["rules"]}
    longest = max(map(len, found))
    wide = longest + len(_cells(COUNTS, COUNT_WIDTH)) + len(_cells(METRICS, FIGURE_WIDTH)) <= width
    head = _cells(METRICS, FIGURE_WIDTH)
    yield " " * longest + _cells(COUNTS, COUNT_WIDTH) + head if wide else head
    for name, m in found.items():
        counts = (f"{m['labelled']:,}", f"{m['unsafe']:,}", f"{m['coverage']:.2f}")
        figures = _cells([interval(m[metric]) for metric in METRICS], FIGURE_WIDTH)
        if wide:
            yield name.ljust(longest) + _cells(counts, COUNT_WIDTH) + figures
        else:
            yield "{}: {} labels, {} unsafe, coverage {}".format(name, *counts)
            yield figures


def _cells(cells: Sequence[str], width: int) -> str:
    return "".join(f" {cell:>{width}}" for cell in cells)


def interval(m: dict[str, Any]) -> str:
    """A figure with its interval, or that too few labels lie behind it."""
    if m["few"] or m["value"] is None:
        return FEW
    return f"{m['value']:.2f} ({m['low']:.2f}-{m['high']:.2f})"


def _print_prevalence(p: dict[str, Any], sample: dict[str, Any]) -> None:
    if p["value"] is None or p["few"]:
        why = p.get("note") or f"{p['labels']:,} labels are too few"
        out.print(f"share of unsafe images: cannot be had ({why})", markup=False)
    else:
        out.print(f"share of unsafe images: {p['value']:.1%} ({p['low']:.1%} to {p['high']:.1%})")


def _print_cut(card: dict[str, Any], folder: Path) -> None:
    cut, rules = card["cut"], card["rules"]
    if cut["at"] is None:
        out.print(f"cut of the score: none ({cut['note']})", markup=False)
    else:
        told = f"cut of the score by {cut['how']}: {cut['at']:.3f} {cut['note']}".rstrip()
        if "measured" in cut:
            found = (f"{name} {interval(cut['measured'][name])}" for name in METRICS[:2])
            told += f"; all cuts applied, on the other labels {', '.join(found)}"
        out.print(told, markup=False)
    own = sum(m["cut"]["at"] is not None for m in rules.values())
    if own:
        out.print(f"{own:,} of {len(rules):,} rules have a cut of their own")
    if own or cut["at"] is not None:
        out.print(
            f"apply it: crosslight judge rethreshold {folder} --card {folder / 'card.json'}",
            markup=False,
        )


def _print_calibration(found: dict[str, Any]) -> None:
    if found["map"] is None:
        out.print(f"calibration of the score: none ({found['note']})", markup=False)
    else:
        out.print(
            f"calibration of the score: {found['map']['how']}, Brier score {found['brier']:.3f} "
            f"on held-out labels, {found['brier_of_share']:.3f} without the score"
        )


def print_queue(rows: Sequence[dict[str, Any]], path: Path | None) -> None:
    """Print what to label next; `path` is None where nothing is left."""
    if path is None:
        out.print("label next: nothing, every image that was judged has a label")
        return
    blank = sum(not row["label"] for row in rows)
    out.print(
        f"label next: {plural(blank, 'image')} in {path} (label: safe or unsafe; broken: the "
        "rules), then give it to `judge report` with the files before it",
        markup=False,
    )


def print_flips(flips: Any) -> None:
    """Print the policy-flip test."""
    known = flips["flipped"] + flips["stayed"]
    told = (
        f"policy-flip test: {flips['flipped']:,} of {known:,} unsafe verdicts followed the policy"
    )
    if flips["share"] is not None:
        rate = f"{flips['share']:.2f} ({flips['low']:.2f}-{flips['high']:.2f})"
        told += f", policy exception rate {FEW if known < 5 else rate}"
    out.print(f"{told}; {flips['unknown']:,} unknown", markup=False)


def print_rethreshold(summary: dict[str, Any]) -> None:
    """Print what other thresholds changed."""
    told = summary["rethreshold"]
    out.print(
        f"{told['flipped']:,} of {summary['rows']:,} verdicts changed, 0 calls; "
        f"{plural(told['not_asked'], 'question')} would need a measurement that was never made"
    )
    if told["not_asked"]:
        out.print(
            "`crosslight judge` with these thresholds asks them; what was answered is replayed"
        )
    card = told.get("card")
    if card:
        out.print(f"cuts of the card: {len(card['cuts']):,}; maps: {len(card['maps']):,}")
        for kind, why in (("few", "too few labels for a cut"), ("unlabelled", "no label at all")):
            if names := card[kind]:
                count = plural(len(names), "rule")
                does = "takes the cut of all images" if card["of_all"] else "keeps its tests"
                each = "each " * (len(names) > 1)
                out.print(f"{count} with {why}: {_named(names)} {each}{does}", markup=False)
        if not card["same_constitution"]:
            out.print("note: the card was measured under another constitution", markup=False)
    out.print(verdicts(summary))


def _named(rules: Sequence[str]) -> str:
    more = f" and {len(rules) - MOST_NAMED:,} more" if len(rules) > MOST_NAMED else ""
    return ", ".join(rules[:MOST_NAMED]) + more


def verdicts(summary: dict[str, Any]) -> str:
    """Counts by verdict. Safe is no more than clear of the rules that there are."""
    found, rules = summary["verdicts"], len(summary["plan"]["rules"])
    clear = "" if summary["plan"]["overall"] else f" (clear of all {rules} rules)"
    named = {"unsafe": "unsafe", "safe": f"safe{clear}", "undecided": "undecided"}
    return ", ".join(f"{found.get(v, 0):,} {name}" for v, name in named.items())


OFTEN = 0.2
"""A share of questions that reasoning decides, from which on its cost is worth a word."""


def print_tests(summary: dict[str, Any]) -> None:
    """Print by which tests the questions were decided, and what makes reasoning frequent."""
    tests, total = summary["tests"], sum(summary["tests"].values())
    if not total or summary["plan"]["overall"] or summary["plan"]["parts"]["perceived"]:
        return
    most = sorted(tests.items(), key=lambda one: -one[1])
    told = ", ".join(f"{name} {count / total:.0%}" for name, count in most)
    method = summary["settings"]["method"]
    out.print(f"{method}: {total:,} questions, decided by {told}", markup=False)
    if tests.get("cascade", 0) > OFTEN * total:
        out.print(
            "reasoning decides often: the scores of this model lie between the marks, or its "
            "priors without the image are low (docs/judge.md, what is asked)",
            markup=False,
        )


def _print_unknown_labels(card: dict[str, Any]) -> None:
    """Print the labels that fit nothing of the run: a wrong name must not go by unseen."""
    gone = card["not_in_run"]
    if gone["count"]:
        out.print(
            f"{gone['count']:,} labelled images are not in this run, the first "
            f"{gone['images'][0]!r}",
            markup=False,
        )
    if gone["rules"]:
        out.print(f"no rule of this run: {', '.join(gone['rules'])}", markup=False)
