"""`python -m crosslight`, and `crosslight`: the command line."""

import os
import signal


def main() -> None:
    """Run the command line; a signal counts from here on, also while that is being imported."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _before_it_began)
    from crosslight.cli import main as run

    run()


def _before_it_began(*_: object) -> None:
    os.write(2, b"interrupted before it began; run the same command again\n")
    os._exit(3)  # as everything that was stopped and can go on


if __name__ == "__main__":
    main()
