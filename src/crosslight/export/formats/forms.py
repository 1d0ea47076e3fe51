"""The formats of an export, by name: what writes each, and how it is opened."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from crosslight.export.formats import croissant, hf, labelstudio, trl, webdataset
from crosslight.export.formats.chains import read_chains
from crosslight.export.formats.llamafactory import LOAD as LLAMAFACTORY
from crosslight.export.formats.llamafactory import llamafactory_writer
from crosslight.export.formats.msswift import LOAD as MSSWIFT
from crosslight.export.formats.msswift import msswift_writer
from crosslight.export.formats.rows import LeftOut, Shape, TrainRow, read_rows
from crosslight.export.formats.source import Chosen, Source
from crosslight.records import BadSetting
from crosslight.tune import Target


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what writes it, how it is opened, whether pictures stand in its files, whether it
    takes whole rows (else what a trainer needs), and where the data of a split lie for the hub."""

    name: str
    title: str
    writer: Callable[
        [Path, Shape], AbstractContextManager[Callable[[TrainRow, Sequence[str]], None]]
    ]
    load: str
    pictures_inside: bool = False
    whole: bool = False
    tables: str = ""
    reviewed: bool = False
    """Whether what people say there comes back as reviews."""
    lists: bool = True
    """Whether it has a place for rows with any number of pictures, or none."""


_PARQUET = "data/{split}-*.parquet"
FORMATS = (
    Format("trl", "TRL", trl.trl_writer, trl.LOAD, pictures_inside=True, tables=_PARQUET),
    Format("llamafactory", "LLaMA-Factory", llamafactory_writer, LLAMAFACTORY),
    Format("msswift", "ms-swift", msswift_writer, MSSWIFT),
    Format("hf", "Hugging Face datasets", hf.hf_writer, hf.LOAD, True, True, _PARQUET),
    Format(
        "webdataset",
        "WebDataset",
        webdataset.webdataset_writer,
        webdataset.LOAD,
        pictures_inside=True,
        whole=True,
        tables="{split}-*.tar",
    ),
    Format(
        "croissant",
        "Croissant",
        croissant.croissant_writer,
        croissant.LOAD,
        pictures_inside=True,
        whole=True,
        tables=_PARQUET,
        lists=False,
    ),
    Format(
        "labelstudio",
        "Label Studio",
        labelstudio.labelstudio_writer,
        labelstudio.LOAD,
        pictures_inside=True,
        whole=True,
        reviewed=True,
    ),
)


def find_format(name: str) -> Format:
    """Raises `BadSetting`."""
    for each in FORMATS:
        if each.name == name:
            return each
    raise BadSetting(f"--to {name!r}", f"one of: {', '.join(each.name for each in FORMATS)}")


def takes(form: Format, source: Source) -> bool:
    """Whether a format has a place for the rows of a run."""
    if source.kind == "bench":
        return form.whole and form.lists
    return form.whole or source.rows.trainable


def rows_of(
    form: Format, source: Source, chosen: Chosen, *, pictures: bool = True
) -> Iterator[TrainRow | LeftOut]:
    """What a run holds, or the chains that are made of it."""
    if chosen.target == Target.RESPONSE:
        return read_rows(source, chosen, pictures=pictures, whole=form.whole)
    return read_chains(source, chosen, pictures=pictures)
