"""Tiny saved models of every family, one each a session. Without torch each file is skipped."""

import asyncio
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from crosslight.models.hf.model import HfModel


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Threads only wait for each other on matrices this small."""
    torch = pytest.importorskip("torch")
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The folder of a tiny model of a family."""
    from tests.models.hf import tiny, tiny_more

    root = tmp_path_factory.mktemp("hf")

    def folder(kind: str) -> Path:
        place = root / kind
        if place.is_dir():
            return place
        return tiny_more.save(kind, place) if kind in tiny_more.MADE else tiny.save(kind, place)

    return folder


@pytest.fixture(scope="session")
def opened(saved: Callable[[str], Path]) -> "Callable[[str], HfModel]":
    """An open tiny model of a family."""
    from crosslight.models.spec import parse

    models: dict[str, Any] = {}

    def open_(kind: str) -> "HfModel":
        if kind not in models:
            with warnings.catch_warnings():  # some are slow, and say so
                warnings.simplefilter("ignore", RuntimeWarning)
                models[kind] = asyncio.run(parse(f"hf:{saved(kind)}").open())
        model: HfModel = models[kind]
        model._open().method = model.report.method
        model._open().prefixes.clear()
        return model

    return open_
