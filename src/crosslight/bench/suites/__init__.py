"""The suites, one file each. A new one is a new file here and one more line below."""

from importlib import import_module
from pathlib import Path

from crosslight.bench.item import Suite, SuiteError
from crosslight.bench.suites.built import SUITE as BUILT
from crosslight.bench.suites.custom import custom_suite

FILES = (
    "mmsafeaware",
    "mm_safetybench",
    "mssbench",
    "siuo",
    "figstep",
    "vlguard",
    "vlsbench",
    "mossbench",
    "msts",
    "xstest",
    "vscbench",
    "hades",
    "spa_vl",
    "holisafe",
    "mis",
    "safebench",
    "jailbreakv",
    "unsafebench",
    "llavaguard",
    "beavertails_v",
    "hateful_memes",
    "salad",
    "ood_mmsafe",
    "safeeditbench",
    "lingua_safetybench",
    "usb",
    "hallusionbench",
    "mm_vet",
)
"""In the order of the docs. Each file holds its `SUITE`."""

ALL: tuple[Suite, ...] = tuple(import_module(f"{__name__}.{name}").SUITE for name in FILES)


def all_suites() -> tuple[Suite, ...]:
    """Every suite that comes with Crosslight, in the order of the docs."""
    return ALL


def find_suite(name: str, column: str = "") -> Suite:
    """The suite of that name (`built`: of a build), or your own one at a path that ends in .yaml.

    `column` says how a suite of your own calls the field with the picture. Raises `SuiteError` with
    the names there are.
    """
    if name.endswith((".yaml", ".yml")):
        return custom_suite(Path(name), column)
    if column:
        raise SuiteError(
            f"{name} has the fields of its authors", remedy="--column is for a suite of your own"
        )
    for each in (*ALL, BUILT):
        if each.name == name:
            return each
    known = ", ".join(each.name for each in (*ALL, BUILT))
    raise SuiteError(
        f"no suite is called {name!r}", remedy=f"one of: {known}; or a path to a suite.yaml"
    )
