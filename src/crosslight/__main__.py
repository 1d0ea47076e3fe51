"""`python -m crosslight`, and `crosslight`: the command line."""

import os
import signal
import sys


def main() -> None:
    """Run the command line; a signal counts from here on, also while that is being imported."""
    _open_what_is_closed()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _before_it_began)
    from crosslight.cli import main as run

    run()


def _open_what_is_closed() -> None:
    """Where a standard stream is closed (`2>&-`), the next file would get its number, and what a
    library prints would go into a table or a store."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free: this one
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - for the whole process
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115


def _before_it_began(*_: object) -> None:
    os.write(2, b"interrupted before it began; run the same command again\n")
    os._exit(3)  # as everything that was stopped and can go on


if __name__ == "__main__":
    main()
