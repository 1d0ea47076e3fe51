from .addresses import is_private_literal
from .beside.leave_out import Bare, LeftOut, leave_out
from .sample import sampled
from .screen import ScreenConfig, Screened, screen_photos
from .sources.detect import open_source
from .sources.encoded import is_base64_picture, is_data_url, picture_bytes, text_list
from .sources.found import Found, InputError, SourceError, SourceOptions
from .sources.names import IMAGE_SUFFIXES

__all__ = [
    "IMAGE_SUFFIXES",
    "Bare",
    "Found",
    "InputError",
    "LeftOut",
    "ScreenConfig",
    "Screened",
    "SourceError",
    "SourceOptions",
    "is_base64_picture",
    "is_data_url",
    "is_private_literal",
    "leave_out",
    "open_source",
    "picture_bytes",
    "sampled",
    "screen_photos",
    "text_list",
]
