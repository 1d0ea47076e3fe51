from .screen import ScreenConfig, screen_photos
from .sources.detect import open_source
from .sources.found import Found, SourceOptions

__all__ = ["Found", "ScreenConfig", "SourceOptions", "open_source", "screen_photos"]
