from .comparison import (
    Compared,
    RunSide,
    Section,
    as_markdown,
    first_with_others,
    heading_json,
    heading_markdown,
    read_side,
    table_rows,
    write_compared,
)
from .differences import SetupDifference, setup_differences
from .folder import NotARunFolder, RunError, claim, library_versions, read_run, unended
from .lost import Lost, LostReason, lost_of, write_lost
from .manifest import FunnelStep, Manifest, read_manifest

__all__ = [
    "Compared",
    "FunnelStep",
    "Lost",
    "LostReason",
    "Manifest",
    "NotARunFolder",
    "RunError",
    "RunSide",
    "Section",
    "SetupDifference",
    "as_markdown",
    "claim",
    "first_with_others",
    "heading_json",
    "heading_markdown",
    "library_versions",
    "lost_of",
    "read_manifest",
    "read_run",
    "read_side",
    "setup_differences",
    "table_rows",
    "unended",
    "write_compared",
    "write_lost",
]
