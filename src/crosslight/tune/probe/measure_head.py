"""What the switch to a refusal head does on rows that nothing was chosen on, and what it costs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from crosslight.stats import wilson
from crosslight.tune.judge.rows import JudgeRow
from crosslight.tune.probe.network import Network
from crosslight.tune.probe.requests import declines
from crosslight.tune.probe.switch import said, under_head


@dataclass(frozen=True, slots=True)
class Beside:
    """A held-out row: what the model said, and what is said with the switch (the same where it is
    off)."""

    unsafe: int
    own: str
    switched: str


def answers_beside(
    network: Network,
    head: Any,
    rows: Sequence[tuple[JudgeRow, str, bool]],
    tokens: int,
    check: Callable[[], bool],
) -> list[Beside] | None:
    """`rows`: a row, the model's own answer, and whether both probes switch. None where `check`
    says to stop."""
    found = []
    for row, own, switch in rows:
        if check():
            return None
        answer = own
        if switch:
            with under_head(network.model, head):
                answer = said(network.model, network.processor, network.inputs(row), tokens)
        found.append(Beside(row.unsafe, own, answer))
    return found


def refusals(found: Sequence[Beside]) -> dict[str, Any]:
    """Shares of refusals on both sides, without the switch and with it. An empty answer is no
    refusal and no help: it is counted as unknown."""
    told: dict[str, Any] = {}
    for label, side in ((1, "unsafe"), (0, "safe")):
        mine = [one for one in found if one.unsafe == label]
        told[side] = {
            "without": _share([declines(one.own) for one in mine]),
            "with": _share([declines(one.switched) for one in mine]),
        }
    return told


def _share(declined: Sequence[bool | None]) -> dict[str, Any]:
    known = [one for one in declined if one is not None]
    told: dict[str, Any] = {"value": None, "low": None, "high": None}
    if known:
        value = sum(known) / len(known)
        low, high = wilson(value, len(known))
        told = {"value": value, "low": low, "high": high}
    return {**told, "n": sum(known), "of": len(known), "unknown": len(declined) - len(known)}
