"""A measure of memory that cannot see memory would pass every test."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.memory import FORGET, forget_peak, peak_mib

CHILD = """
from tests.memory import peak_mib
before = peak_mib()
held = bytearray(300 << 20)
print(before, peak_mib())
"""


@pytest.mark.skipif(not FORGET.exists(), reason="only Linux can forget")
def test_growth_is_seen_after_a_higher_peak() -> None:
    held = bytearray(b"x" * (400 << 20))
    del held
    forget_peak()
    before = peak_mib()
    again = bytearray(b"x" * (200 << 20))
    assert again and peak_mib() - before > 150


def test_a_child_of_a_large_process_counts_its_own() -> None:
    held = bytearray(b"x" * (400 << 20))
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", CHILD], cwd=root, capture_output=True, text=True, check=True
    )
    before, after = map(int, done.stdout.split())
    assert held and before < 200
    assert after - before > 250
