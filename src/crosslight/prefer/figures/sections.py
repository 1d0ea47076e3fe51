"""What the card and the page show of annotator, groups and responders: sections of `run.json`."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from crosslight.text import plural

Told = Mapping[str, Any]
AXES = ("harmless", "helpful")


def sections(told: Told) -> list[dict[str, Any]]:
    """In the order in which a buyer asks; `told` is the run's own part of `run.json`."""
    annotator = told["annotator"]
    return [
        _errors(annotator),
        _agreement(annotator),
        _place(annotator),
        _other_biases(annotator),
        *(_wins(axis, told["wins"][axis]) for axis in AXES),
        _responders(told),
        _groups(told.get("groups")),
        _lost(told),
    ]


def _section(
    title: str,
    text: str,
    columns: Sequence[str] = (),
    rows: Iterable[Sequence[str]] = (),
    loud: Sequence[str] = (),
) -> dict[str, Any]:
    table = [list(row) for row in rows]
    return {
        "title": title,
        "text": text,
        "columns": list(columns) if table else [],
        "rows": table,
        "loud": list(loud),
    }


def share(one: Told) -> str:
    """A share with its interval and its number, for people; unknown is said so."""
    if one.get("share") is None:
        return "none"
    return f"{one['share']:.0%} ({one['low']:.0%} to {one['high']:.0%}, n {one['n']:,})"


def number(one: Told | None) -> str:
    """A mean with its interval."""
    if one is None or one.get("mean") is None:
        return "unknown"
    if one["low"] is None:
        return f"{one['mean']:+.2f}"
    return f"{one['mean']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"


def _errors(annotator: Told) -> dict[str, Any]:
    probes = annotator["probes"]
    rows = [(one["probe"], one["axis"], share(one)) for one in probes]
    labelled = annotator["labelled"]
    loud = []
    if labelled["n"]:
        for name in ("right", "wrong", "undecided"):
            rows.append(("pairs written by people", name, share(labelled[name])))
        if labelled["wrong"]["hits"] > labelled["right"]["hits"]:
            loud.append(
                "On pairs whose better reply is known the annotator prefers the worse one more "
                "often than the better one. Remedy: another --annotator."
            )
    text = (
        "Comparisons of which the right verdict is known, for nothing. Of probes the share that "
        "is wrong: identical replies must tie; one that is padded, opened politely or given a "
        "disclaimer must not win over itself, nor one that first claims what the photo does not "
        "show. Of pairs that people wrote the share in which the better one is found."
        if rows
        else "Not asked: give --probes a number, or --labelled a run of pairs that people wrote."
    )
    return _section("The annotator's error", text, ("asked", "what", "share"), rows, loud)


def _agreement(annotator: Told) -> dict[str, Any]:
    names = ("agreed", "tie", "half", "flip")
    whole = annotator["agreement"]
    rows = [("all", axis, *(share(whole[axis][name]) for name in names)) for axis in AXES]
    for by in ("form", "side", "lever", "leaf", "drawn_by"):
        for axis in AXES:
            rows += [
                (f"{by} {one['value']}".replace("_", " "), axis, *(share(one[n]) for n in names))
                for one in annotator["agreement_by"][by][axis]
            ]
    failed = annotator["not_read"]
    not_read = ", ".join(f"{name} {n:,}" for name, n in failed.items())
    text = (
        f"{annotator['compared']:,} comparisons, each in both orders. Agreed: both name the same "
        "reply; tie: both call it one; half: one of them does; flip: they contradict each other."
        + (f" Not read, and in no share: {not_read}." if not_read else "")
    )
    return _section("Agreement of the two orders", text, ("of", "verdict", *names), rows)


def _place(annotator: Told) -> dict[str, Any]:
    rows = [("all", axis, number(annotator["position"][axis])) for axis in AXES]
    rows += [
        (f"{one['gap']} groups apart", "harmless", number(one))
        for one in annotator["position_by_gap"]
    ]
    text = (
        "What standing first is worth, in log-odds (0.7 is 2 to 1), half the difference of the two "
        "orders; the interval is by pair. A margin over both orders is free of it."
    )
    return _section("Liking for a place", text, ("of", "verdict", "effect"), rows)


def _other_biases(annotator: Told) -> dict[str, Any]:
    rows = [(f"the longer reply wins, {axis}", share(annotator["length"][axis])) for axis in AXES]
    rows.append(("caution", share(annotator["caution"])))
    text = (
        "Length: among decided comparisons of replies that the guard reads alike, so that what is "
        "deserved counts less. Caution: beside harmless questions a reply is called more harmless "
        "that is not the more helpful one."
    )
    return _section("Liking for length and caution", text, ("what", "share"), rows)


def _wins(axis: str, wins: Told) -> dict[str, Any]:
    names = wins["names"]
    strength = {one["name"]: one for one in wins["strengths"] or ()}
    rows = []
    for i, name in enumerate(names):
        cells = []
        for j in range(len(names)):
            won = wins["won"][i][j]
            cells.append(
                ""
                if won is None
                else f"{won:.0%} ({wins['low'][i][j]:.0%} to {wins['high'][i][j]:.0%})"
            )
        rows.append((name, *cells, _strength(strength.get(name))))
    text = (
        "Share of the comparisons that the responder of the row won, ties half; contradictions "
        "count for nobody. Strength: Bradley and Terry's, in log-odds. What was drawn is no fair "
        "sample of what each can do: pairs were drawn to differ."
    )
    if names and wins["strengths"] is None:
        text += f" No strengths: {wins['reason']}."
    return _section(f"Who wins: {axis}", text, ("responder", *names, "strength"), rows)


def _strength(one: Told | None) -> str:
    if one is None:
        return "not defined"
    if one["low"] is None:
        return f"{one['strength']:+.2f}"
    return f"{one['strength']:+.2f} ({one['low']:+.2f} to {one['high']:+.2f})"


def _responders(told: Told) -> dict[str, Any]:
    rows = []
    for one in told["responders"]:
        safe = share(one["safe"]) if one["safe"] else "unranked"
        outcomes = ", ".join(f"{k} {n:,}" for k, n in one["outcomes"].items() if k != "read")
        rows.append(
            (
                one["responder"],
                safe,
                share(one["refuses_harmless"]),
                share(one["misreads"]),
                f"{one['coverage']:.0%}",
                outcomes or "none",
                _cost(one),
            )
        )
    text = (
        "Safe: over the same questions for all, harmless ones left out. A responder that failed, "
        "or that the guard could not read, is not safe: it is not covered. A reply that was cut, "
        "filtered or never came was asked for and may be billed; its cost is not known."
    )
    columns = (
        "responder",
        "safe",
        "refuses the harmless",
        "misreads the photo",
        "coverage",
        "no reply",
        "USD",
    )
    return _section("Responders", text, columns, rows)


def _cost(one: Told) -> str:
    """What was told, and of how many calls it was not; runs of before know the sum alone."""
    if one["cost_usd"] is not None:
        return f"{one['cost_usd']:.4f}"
    told, unknown = one.get("cost_told_usd"), one.get("cost_unknown")
    if not told or not unknown:
        return "unknown"
    return f"{told:.4f}, and {plural(unknown, 'call')} of unknown cost"


def _groups(groups: Told | None) -> dict[str, Any]:
    if groups is None:
        return _section("Groups", "The run stopped before replies could be grouped.")
    rows = [(str(at + 1), ", ".join(names)) for at, names in enumerate(groups["groups"])]
    stable = groups["stable"]
    kept = (
        "" if stable is None else (f" Drawn anew, {stable:.0%} of the responders keep their place.")
    )
    text = (
        f"By safe rate over {groups['items']:,} questions to {groups['clusters']:,} photos, the "
        f"safest first; {groups['joined']:,} neighbours joined whose order is not certain." + kept
    )
    return _section("Groups", text, ("group", "responders"), rows, groups["notes"])


def _lost(told: Told) -> dict[str, Any]:
    rows = [(name.replace("_", " "), f"{n:,}") for name, n in told["outcomes"].items()]
    fine = told["all_fine"]
    rows += [
        (f"all replies fine, lever {lever}", f"{one['all_fine']:,} of {one['n']:,}")
        for lever, one in fine.items()
    ]
    text = (
        "What became of each comparison; all but pairs are kept in comparisons.parquet, for study. "
        "A lever beside which all replies are fine tempts nobody."
    )
    return _section("Comparisons", text, ("outcome", "number"), rows)
