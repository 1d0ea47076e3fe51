"""What the judge's verbs print."""

from typing import Any

from rich.markup import escape

from crosslight.cli.console import out


def card_table(card: dict[str, Any]) -> Any:
    """The report card as a table."""
    from rich.table import Table

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("", "images", "coverage", "precision", "recall", "f1", "auroc"):
        table.add_column(column, justify="left" if not column else "right")
    for name, m in [("overall", card["overall"]), *card["rules"].items()]:
        shown = [_interval(m[metric]) for metric in ("precision", "recall", "f1", "auroc")]
        table.add_row(escape(name), str(m["images"]), f"{m['coverage']:.2f}", *shown)
    return table


def _interval(m: dict[str, Any]) -> str:
    return "-" if m["value"] is None else f"{m['value']:.2f} ({m['low']:.2f}-{m['high']:.2f})"


def print_cut(card: dict[str, Any]) -> None:
    """Print the cut of the score and the corrected share of unsafe images."""
    cut, p = card["cut"], card["prevalence"]
    if cut["at"] is None:
        out.print(f"cut of the score: none ({cut['note']})")
    else:
        out.print(f"cut of the score by {cut['how']}: {cut['at']:.3f} {cut['note']}".rstrip())
    if p["value"] is None:
        out.print(f"share of unsafe images: cannot be corrected ({p['note']})")
    else:
        out.print(
            f"share of unsafe images: {p['value']:.1%} ({p['low']:.1%} to {p['high']:.1%}), "
            f"corrected; the judge said {p['apparent']:.1%}"
        )


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
    out.print(f"{total:,} questions, decided by: {told}", markup=False)
    if tests.get("cascade", 0) > OFTEN * total:
        out.print(
            "reasoning decides often: the scores of this model lie between the marks, or its "
            "priors without the image are low (docs/judge.md, what is asked)",
            markup=False,
        )


def print_unknown_labels(card: dict[str, Any]) -> None:
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
