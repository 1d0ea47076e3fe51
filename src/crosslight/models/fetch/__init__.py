"""Model files and example photos, fetched once into a cache by a manifest of hashes."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
