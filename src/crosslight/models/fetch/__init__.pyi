from .cache import OnProgress, Progress, State, fetch, home, path_of, state, verify
from .errors import FetchFailed, WrongHash
from .manifest import MANIFEST, Entry, Manifest, read_manifest

__all__ = [
    "MANIFEST",
    "Entry",
    "FetchFailed",
    "Manifest",
    "OnProgress",
    "Progress",
    "State",
    "WrongHash",
    "fetch",
    "home",
    "path_of",
    "read_manifest",
    "state",
    "verify",
]
