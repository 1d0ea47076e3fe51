"""`make fuzz`: the targets for as long as FUZZ_S says (600 s), in turns.

`python -m tests.fuzz [NAME ...]`. By atheris where it can be imported and one target is named, else
by hypothesis, which makes what it finds small. What was found lies in `.fuzz/` and is tried first
the next time; the exit status says whether there was anything.
"""

import hashlib
import os
import sys
import tempfile
import time
import traceback
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.fuzz.target import KINDS, WORDS, Target, broken, targets

FOUND = Path(".fuzz")
EXAMPLES = 500
"""Of one turn."""
SECONDS = 10.0
"""For one file."""

OPERATIONS = st.lists(
    st.tuples(
        st.sampled_from(KINDS),
        st.integers(0, 1 << 20),
        st.integers(0, 1 << 12),
        st.one_of(st.sampled_from(WORDS), st.binary(max_size=16)),
    ),
    max_size=8,
)


def main(names: list[str], seconds: float) -> int:
    """Turns over the targets until the time is up; 1 where something was found."""
    chosen = [target for target in targets() if not names or target.name in names]
    if not chosen:
        print(f"targets: {', '.join(target.name for target in targets())}")
        return 2
    FOUND.mkdir(exist_ok=True)
    if len(chosen) == 1 and (status := _by_atheris(chosen[0], seconds)) is not None:
        return status
    until, tried, found = time.monotonic() + seconds, 0, dict[str, Path]()
    for target in chosen:
        tried += _known(target, found)
    turn = 0
    while time.monotonic() < until and len(found) < len(chosen):
        for target in chosen:
            if target.name not in found and time.monotonic() < until:
                tried += _turn(target, turn, found)
        turn += 1
        print(f"{tried:,} files, {len(found)} found, {until - time.monotonic():.0f} s left")
    for name, path in found.items():
        print(f"{name}: {path} is not read as it should be", file=sys.stderr)
    for target in chosen:
        _current(target).unlink(missing_ok=True)
    return 1 if found else 0


def _known(target: Target, found: dict[str, Path]) -> int:
    """What is right, what is wrong on purpose, and what an earlier run found."""
    earlier = [path.read_bytes() for path in sorted(FOUND.glob(f"{target.name}-*.bin"))]
    files = [*earlier, *target.sound(), *target.handmade()]
    for data in files:
        _tried(target, data, found)
    return len(files)


def _turn(target: Target, turn: int, found: dict[str, Path]) -> int:
    """One turn; stops at the first file, made small. Returns how many were tried."""
    tried = 0
    last = b""

    @seed(turn)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=(Phase.generate, Phase.shrink),
        print_blob=False,
    )
    @given(st.sampled_from(target.sound()), OPERATIONS)
    def breaks(data: bytes, operations: list[tuple[str, int, int, bytes]]) -> None:
        nonlocal tried, last
        tried += 1
        last = broken(data, operations)
        _read(target, last)

    try:
        breaks()
    except Exception:
        traceback.print_exc()
        found[target.name] = _kept(target, last)
    return tried


def _tried(target: Target, data: bytes, found: dict[str, Path]) -> None:
    try:
        _read(target, data)
    except Exception:
        traceback.print_exc()
        found[target.name] = _kept(target, data)


def _read(target: Target, data: bytes) -> None:
    began = time.monotonic()
    _current(target).write_bytes(data)  # what ends the process is found here
    with tempfile.TemporaryDirectory() as folder:
        target.read(data, Path(folder))
    assert time.monotonic() - began < SECONDS, "it takes too long"


def _current(target: Target) -> Path:
    return FOUND / f"{target.name}-last.bin"


def _kept(target: Target, data: bytes) -> Path:
    path = FOUND / f"{target.name}-{hashlib.sha256(data).hexdigest()[:12]}.bin"
    path.write_bytes(data)
    return path


def _by_atheris(target: Target, seconds: float) -> int | None:
    """Guided by coverage; None where atheris is not there. It ends the process by itself."""
    try:
        import atheris
    except ImportError:
        return None
    corpus = FOUND / target.name
    corpus.mkdir(parents=True, exist_ok=True)
    for at, data in enumerate([*target.sound(), *target.handmade()]):
        (corpus / f"{at:03d}").write_bytes(data)
    atheris.instrument_all()
    limits = [f"-max_total_time={seconds:.0f}", "-rss_limit_mb=2048", f"-timeout={SECONDS:.0f}"]
    kept = f"-artifact_prefix={FOUND}/{target.name}-"
    atheris.Setup([sys.argv[0], str(corpus), kept, *limits], lambda data: _read(target, data))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], float(os.environ.get("FUZZ_S", "600"))))
