"""The card of probes: what they tell apart, what they cost, and what they are not."""

from collections.abc import Mapping
from typing import Any

from crosslight.text import markdown

TITLES = {"unsafe": "request unsafe", "complies": "will comply"}


def probe_card(record: Mapping[str, Any]) -> str:
    """`README.md`; the same run gives the same text."""
    base, data, switch = record["models"][0], record["data"], record["switch"]
    both = "test" in record["probes"]["complies"]
    kind = "one hidden layer of 64" if record["settings"]["mlp"] else "logistic regression"
    lines = [
        f"# Probes on {markdown(base['spec'])}",
        "",
        f"{'Two probes' if both else 'One of two probes'} ({kind}) on the last hidden state, as in "
        "SafeSwitch (2502.01042): is the request unsafe (when it was read), and will the "
        "model comply (after three tokens of its "
        f"answer). Fitted on {markdown(data['name'])} (licence: {markdown(data['licence'])}); they "
        f"read the states of this model at revision `{markdown(base['revision'])}` alone.",
        "",
        "Groups (a photo with its pairs) were split: fitted on three fifths, the threshold set on "
        "one, the figures below are of the last. Other groups may hold the same wording: that is "
        "in the figures.",
        "",
        "| | AUC | found | over | balanced accuracy | threshold |",
        "|---|---|---|---|---|---|",
        *(_line(TITLES[name], found) for name, found in record["probes"].items()),
        "",
        f"**The switch** ({'both say' if both else 'the first alone says'} yes): "
        f"{probe_told(switch['recall'])} of unsafe requests; "
        f"**over-refusal: {probe_told(switch['over'])} of safe ones**.",
        "",
        f"The model itself declined {record['declined']['n']:,} of {record['declined']['of']:,} "
        f"(by the words that its answer begins with, which is a rule and no judge; "
        f"{record['declined']['unknown']:,} said nothing). 'found' is the share of rows "
        "with the property that the probe finds, 'over' that of the others it also takes.",
        "",
        *_head(record),
        *(line for note in record["notes"] for line in (markdown(note), "")),
        "A probe knows the set that it was fitted on. On other requests its threshold may be "
        "elsewhere: measure it there first.",
        "",
    ]
    return "\n".join(lines)


def _head(record: Mapping[str, Any]) -> list[str]:
    """What the refusal head does, and what it costs."""
    head, how = record.get("refusal_head"), record["settings"]["head"]
    if head is None:
        return []
    loss = head["held_out_loss"]
    before, after = (_number(loss[name]) for name in ("before", "after"))
    return [
        "## The refusal head",
        "",
        f"A copy of the output head ({head['trained_parameters']:,} numbers; all else is as it "
        f"was), trained to decline {head['rows']:,} unsafe requests of the three fifths "
        f"({how['epochs']:g} epochs, rate {how['rate']:g}, batch {how['batch']}; AdamW, a constant "
        "rate). The refusals are one sentence of ours with the category of the row, not reasons "
        f"that a person gave. Their loss on unsafe requests of the last fifth: {before} before, "
        f"{after} after.",
        "",
        "| requests of the last fifth that were declined | without the switch | with it | said "
        "nothing, with it |",
        "|---|---|---|---|",
        *(
            f"| {side} | {probe_told(told['without'])} | {probe_told(told['with'])} | "
            f"{told['with']['unknown']:,} |"
            for side, told in head["refused"].items()
        ),
        "",
        f"Over-refusal is the line of safe requests. An answer is looked at for its first "
        f"{record['settings']['tokens']} tokens, by the same rule of words.",
        "",
    ]


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.4f}"


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
