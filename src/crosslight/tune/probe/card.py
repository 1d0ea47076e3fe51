"""The card of probes: what they tell apart, what they cost, and what they are not."""

from collections.abc import Mapping
from typing import Any

from crosslight.text import markdown

TITLES = {"unsafe": "request unsafe", "complies": "will comply"}


def probe_card(record: Mapping[str, Any]) -> str:
    """`README.md`; the same run gives the same text."""
    base, data, switch = record["models"][0], record["data"], record["switch"]
    kind = "one hidden layer of 64" if record["settings"]["mlp"] else "logistic regression"
    lines = [
        f"# Probes on {markdown(base['spec'])}",
        "",
        f"Two probes ({kind}) on the last hidden state, as in SafeSwitch (2502.01042): is the "
        "request unsafe (when it was read), and will the model comply (after three tokens of its "
        f"answer). Fitted on {markdown(data['name'])} (licence: {markdown(data['licence'])}); they "
        f"read the states of this model at revision `{markdown(base['revision'])}` alone.",
        "",
        "Groups (a photo with its pairs) were split: fitted on three fifths, the threshold set on "
        "one, the figures below are of the last.",
        "",
        "| | AUC | found | over | balanced accuracy | threshold |",
        "|---|---|---|---|---|---|",
        *(_line(TITLES[name], found) for name, found in record["probes"].items()),
        "",
        f"**The switch** (both say yes): {probe_told(switch['recall'])} of unsafe requests; "
        f"**over-refusal: {probe_told(switch['over'])} of safe ones**.",
        "",
        f"The model itself declined {record['declined']['n']:,} of {record['declined']['of']:,} "
        "(by the words of its answer, which is a rule and no judge). 'found' is the share of rows "
        "with the property that the probe finds, 'over' that of the others it also takes.",
        "",
        *(line for note in record["notes"] for line in (markdown(note), "")),
        "A probe knows the set that it was fitted on. On other requests its threshold may be "
        "elsewhere: measure it there first.",
        "",
    ]
    return "\n".join(lines)


def probe_told(share: Mapping[str, Any]) -> str:
    """A share with its interval; unknown where there was no row."""
    if share["value"] is None:
        return "unknown (no rows)"
    low, high = 100 * share["low"], 100 * share["high"]
    return f"{100 * share['value']:.1f}% [{low:.1f}, {high:.1f}]"


def _line(title: str, found: Mapping[str, Any]) -> str:
    if "test" not in found:
        return f"| {title} | none: {markdown(found['reason'])} | | | | |"
    auc, test = found["auc"], found["test"]
    area = f"{auc['value']:.3f}" if auc["value"] is not None else f"unknown ({auc['reason']})"
    both = test["balanced_accuracy"]
    balanced = "unknown" if both is None else f"{100 * both:.1f}%"
    cells = (
        area,
        probe_told(test["recall"]),
        probe_told(test["over"]),
        balanced,
        f"{found['threshold']:.3f}",
    )
    return f"| {title} | {' | '.join(cells)} |"
