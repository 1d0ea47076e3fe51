from .addresses import is_private_literal
from .sample import sampled
from .screen import ScreenConfig, Screened, screen_photos
from .sources.detect import open_source
from .sources.found import Found, InputError, SourceOptions
from .sources.names import IMAGE_SUFFIXES

__all__ = [
    "IMAGE_SUFFIXES",
    "Found",
    "InputError",
    "ScreenConfig",
    "Screened",
    "SourceOptions",
    "is_private_literal",
    "open_source",
    "sampled",
    "screen_photos",
]
