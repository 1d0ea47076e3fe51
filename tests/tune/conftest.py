"""Repositories of tiny models, one of each family in a process."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.tune import tiny

Bases = Callable[[str], Path]


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Bases:
    """The folder of a family's tiny model."""
    made: dict[str, Path] = {}

    def get(kind: str) -> Path:
        if kind not in made:
            made[kind] = tiny.base(kind, tmp_path_factory.mktemp("base"))
        return made[kind]

    return get
