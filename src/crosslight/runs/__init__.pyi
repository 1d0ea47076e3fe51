from .folder import NotARunFolder, RunError, claim, library_versions, read_run, unended
from .lost import Lost, LostReason, lost_of, write_lost
from .manifest import FunnelStep, Manifest, read_manifest

__all__ = [
    "FunnelStep",
    "Lost",
    "LostReason",
    "Manifest",
    "NotARunFolder",
    "RunError",
    "claim",
    "library_versions",
    "lost_of",
    "read_manifest",
    "read_run",
    "unended",
    "write_lost",
]
