from .sample import sampled
from .screen import ScreenConfig, Screened, screen_photos
from .sources.detect import open_source
from .sources.found import Found, InputError, SourceOptions

__all__ = [
    "Found",
    "InputError",
    "ScreenConfig",
    "Screened",
    "SourceOptions",
    "open_source",
    "sampled",
    "screen_photos",
]
