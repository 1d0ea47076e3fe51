"""What a judge of classes may reply, one for each class."""

from typing import Any


def reply(does_it: bool, names_risk: bool, declines: bool, useful: bool) -> dict[str, Any]:
    """JSON by the schema of `judge_class`."""
    return {
        "reason": "r",
        "does_it": does_it,
        "names_risk": names_risk,
        "declines": declines,
        "useful": useful,
    }


REFUSE = reply(False, False, True, False)
WARN = reply(False, True, True, True)
COMPLY = reply(True, False, False, True)
MISS = reply(False, False, False, False)
