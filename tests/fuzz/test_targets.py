"""Each reader on broken files of its kind and on hand-made ones, the same every time."""

import time
from pathlib import Path
from random import Random

import pytest

from tests.fuzz.target import Target, by_chance, targets
from tests.memory import forget_peak, peak_mib

SECONDS = 10.0
"""For one file; a sound one takes milliseconds."""
MIB = 600
"""That all of them together may take."""


QUICK = 5
"""In the main run one of so many broken files is read, of those made by hand all."""


@pytest.mark.parametrize("part", [QUICK, pytest.param(1, marks=pytest.mark.slow)])
@pytest.mark.parametrize("target", targets(), ids=lambda target: target.name)
def test_only_declared_outcomes(target: Target, part: int, tmp_path: Path) -> None:
    random = Random(f"fuzz {target.name}")
    sound, handmade = target.sound(), target.handmade()
    assert len(handmade) >= 50
    for data in sound:
        target.read(data, tmp_path)
    forget_peak()
    before = peak_mib()
    for number in range(target.files // part + len(handmade)):
        data = handmade[number] if number < len(handmade) else by_chance(random, sound)
        began = time.monotonic()
        target.read(data, tmp_path)
        assert time.monotonic() - began < SECONDS
    assert peak_mib() - before < MIB
