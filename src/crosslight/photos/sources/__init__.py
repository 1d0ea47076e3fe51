"""Where photos come from: folders, lists, tables, Hugging Face parquet, WebDataset shards, URLs."""

from crosslight.photos.sources.detect import SourceKind, detect, open_source
from crosslight.photos.sources.found import (
    Found,
    InputError,
    Refused,
    SourceError,
    SourceOptions,
)
from crosslight.photos.sources.names import printable, printable_url
from crosslight.photos.sources.web import Fetcher

__all__ = [
    "Fetcher",
    "Found",
    "InputError",
    "Refused",
    "SourceError",
    "SourceKind",
    "SourceOptions",
    "detect",
    "open_source",
    "printable",
    "printable_url",
]
