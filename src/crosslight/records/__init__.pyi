from .errors import BadSetting, CrosslightError, MissingPart, RunBroken
from .ids import canonical, content_hash, stable_id
from .outcome import Done, Dropped, Failed, Outcome
from .photo import Photo
from .preference import AskedAs, Preference, Reply, ReplyKind, RequestSide, preference_id
from .sample import Check, CrossCheck, Kind, Sample, Triplet, sample_id
from .sensitive import SENSITIVE, is_sensitive
from .verdict import (
    Evidence,
    Finding,
    Measured,
    PrintTest,
    Reading,
    Region,
    RuleFinding,
    Score,
    Status,
    Verdict,
)
from .view import ImageView

__all__ = [
    "SENSITIVE",
    "AskedAs",
    "BadSetting",
    "Check",
    "CrossCheck",
    "CrosslightError",
    "Done",
    "Dropped",
    "Evidence",
    "Failed",
    "Finding",
    "ImageView",
    "Kind",
    "Measured",
    "MissingPart",
    "Outcome",
    "Photo",
    "Preference",
    "PrintTest",
    "Reading",
    "Region",
    "Reply",
    "ReplyKind",
    "RequestSide",
    "RuleFinding",
    "RunBroken",
    "Sample",
    "Score",
    "Status",
    "Triplet",
    "Verdict",
    "canonical",
    "content_hash",
    "is_sensitive",
    "preference_id",
    "sample_id",
    "stable_id",
]
