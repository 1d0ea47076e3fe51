"""The card of a tuned judge: `README.md`. Text of others is escaped."""

from pathlib import Path
from typing import Any

from crosslight.store import write_text
from crosslight.text import markdown

CARD = "README.md"


def write_judge_card(folder: Path, record: dict[str, Any]) -> Path:
    """Write it into the run's folder."""
    return write_text(folder / CARD, judge_card(record, folder.resolve().name))


def judge_card(record: dict[str, Any], name: str) -> str:
    """The card as text; the same run gives the same text."""
    report = record["report"]
    lines = [
        f"# {markdown(name)}: a judge on vectors",
        "",
        f"Made by `crosslight tune judge` from {report['rows']:,} rows ({report['unsafe']:,} "
        f"unsafe) in {report['groups']:,} groups. Use it as `tuned:DIR`.",
        "",
        _reads(report),
        "",
        "## Figures",
        "",
        f"**{report['reach']}**",
        "",
        *_figures(report),
        *_other_sets(report),
        *_categories(report),
        "## Data",
        "",
        "| set | rows | trained on | unsafe | licence |",
        "|---|---:|---:|---:|---|",
        *(
            f"| {markdown(one['name'])} | {one['rows']:,} | {one['trained_on']:,} | "
            f"{one['unsafe']:,} | {markdown(one['licence'])} |"
            for one in report["sets"]
        ),
        "",
        *(f"- {markdown(note)}" for note in record["notes"]),
        "",
    ]
    return "\n".join(lines)


def _reads(report: dict[str, Any]) -> str:
    words = {
        "none": "It never saw one, and refuses to judge one",
        "some": "Some of its rows had one",
        "all": "All of its rows had one",
    }
    return (
        f"Answers: {words[report['answers']]}. Pictures: {words[report['pictures']]}. "
        "Its probabilities are calibrated for sets of which half is unsafe: one half is where both "
        "errors weigh alike."
    )


def _figures(report: dict[str, Any]) -> list[str]:
    held = report["held_out"]
    if held is None:
        return ["Too few groups to hold any out: nothing is known about it.", ""]
    percent = {
        "balanced accuracy": held["balanced_accuracy"],
        "unsafe rows judged unsafe": held["recall_unsafe"],
        "safe rows judged safe": held["recall_safe"],
        "F1 (unsafe)": held["f1_unsafe"],
        "calibration error": held["calibration_error"],
    }
    return [
        "| on held-out groups of the same sets | |",
        "|---|---:|",
        f"| AUC | {auc_text(held['auc'])} |",
        *(f"| {title} | {value:.2f} |" for title, value in percent.items()),
        f"| AUC of a classifier of words alone | {auc_text(report['words_alone'])} |",
        "",
    ]


def auc_text(auc: dict[str, Any] | None) -> str:
    """`.85 [.80, .90]`, or why it is unknown."""
    if auc is None:
        return "unknown"
    if auc["value"] is None:
        return f"unknown: {auc['reason']}"
    return f"{auc['value']:.2f} [{auc['low']:.2f}, {auc['high']:.2f}]"


def _other_sets(report: dict[str, Any]) -> list[str]:
    if not report["other_sets"]:
        return []
    lines = ["| set that the judge did not see | AUC | unsafe judged unsafe | safe judged unsafe |"]
    lines.append("|---|---:|---:|---:|")
    for name, told in report["other_sets"].items():
        sides = told.get("judged_unsafe") or {}
        cells = (_rate(sides.get("unsafe")), _rate(sides.get("safe")))
        auc = auc_text(told["auc"]) if told["auc"] else f"unknown: {told['reason']}"
        lines.append(f"| {markdown(name)} | {auc} | {' | '.join(cells)} |")
    return [*lines, ""]


def _rate(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.2f}"


def _categories(report: dict[str, Any]) -> list[str]:
    if not report["by_category"]:
        return []
    lines = ["| category | unsafe rows | judged unsafe | safe rows | judged unsafe |"]
    lines.append("|---|---:|---:|---:|---:|")
    for name, sides in report["by_category"].items():
        cells = []
        for side in ("unsafe", "safe"):
            told = sides.get(side, {"rows": 0, "judged_unsafe": None})
            cells += [f"{told['rows']:,}", _rate(told["judged_unsafe"])]
        lines.append(f"| {markdown(name)} | {' | '.join(cells)} |")
    return [*lines, "", "Under ten rows a share is unknown.", ""]
