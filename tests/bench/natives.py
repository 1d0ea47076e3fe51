"""The tiny native folder of each suite, and where the real files lie."""

from collections.abc import Callable
from pathlib import Path

from tests.bench import natives_documented as documented
from tests.bench import natives_released as released

SHARED = Path(__file__).parents[3] / "shared" / "data"

NATIVES: dict[str, tuple[Callable[[Path], None], int]] = {
    "mmsafeaware": (released.mmsafeaware, 6),
    "mm-safetybench": (released.mm_safetybench, 12),
    "mssbench": (released.mssbench, 14),
    "siuo": (released.siuo, 6),
    "figstep": (released.figstep, 6),
    "vlguard": (released.vlguard, 6),
    "vlsbench": (released.vlsbench, 4),
    "mossbench": (released.mossbench, 3),
    "msts": (released.msts, 8),
    "xstest": (released.xstest, 3),
    "vscbench": (released.vscbench, 16),
    "hades": (documented.hades, 4),
    "spa-vl": (documented.spa_vl, 6),
    "holisafe": (documented.holisafe, 5),
    "mis": (documented.mis, 6),
    "safebench": (documented.safebench, 6),
    "jailbreakv-28k": (documented.jailbreakv, 3),
    "unsafebench": (documented.unsafebench, 3),
    "llavaguard": (documented.llavaguard, 2),
    "beavertails-v": (documented.beavertails_v, 4),
    "hateful-memes": (documented.hateful_memes, 4),
    "salad": (documented.salad, 3),
    "ood-mmsafe": (documented.ood_mmsafe, 3),
    "safeeditbench": (documented.safeeditbench, 10),
    "lingua-safetybench": (documented.lingua_safetybench, 8),
    "usb": (documented.usb, 16),
    "hallusionbench": (documented.hallusionbench, 4),
    "mm-vet": (documented.mm_vet, 3),
}
"""Suite -> (writes a tiny folder, how many items it holds)."""
