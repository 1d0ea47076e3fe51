"""The most memory a process held. `ru_maxrss` alone will not do: on Linux a child begins with the
peak of the process that started it, so under a pytest of gigabytes all growth reads as none."""

import resource
import sys
from pathlib import Path

STATUS, FORGET = Path("/proc/self/status"), Path("/proc/self/clear_refs")


def peak_mib() -> int:
    """The most resident memory of this process since it began or `forget_peak`, in MiB."""
    if STATUS.exists():
        return int(STATUS.read_text().split("VmHWM:")[1].split()[0]) >> 10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> (
        20 if sys.platform == "darwin" else 10
    )


def forget_peak() -> None:
    """Count from what is held now, where the system can."""
    if FORGET.exists():
        FORGET.write_text("5")
