"""The suites, one file each. A new one is a new file here and one more line below."""

from pathlib import Path

from crosslight.bench.item import Suite, SuiteError
from crosslight.bench.suites import (
    beavertails_v,
    figstep,
    hades,
    hallusionbench,
    hateful_memes,
    holisafe,
    jailbreakv,
    llavaguard,
    mis,
    mm_safetybench,
    mm_vet,
    mmsafeaware,
    mossbench,
    mssbench,
    msts,
    safebench,
    siuo,
    spa_vl,
    unsafebench,
    vlguard,
    vlsbench,
    vscbench,
    xstest,
)
from crosslight.bench.suites.custom import own_suite

ALL: tuple[Suite, ...] = (
    mmsafeaware.SUITE,
    mm_safetybench.SUITE,
    mssbench.SUITE,
    siuo.SUITE,
    figstep.SUITE,
    vlguard.SUITE,
    vlsbench.SUITE,
    mossbench.SUITE,
    msts.SUITE,
    xstest.SUITE,
    vscbench.SUITE,
    hades.SUITE,
    spa_vl.SUITE,
    holisafe.SUITE,
    mis.SUITE,
    safebench.SUITE,
    jailbreakv.SUITE,
    unsafebench.SUITE,
    llavaguard.SUITE,
    beavertails_v.SUITE,
    hateful_memes.SUITE,
    hallusionbench.SUITE,
    mm_vet.SUITE,
)


def all_suites() -> tuple[Suite, ...]:
    """Every suite that comes with Crosslight, in the order of the docs."""
    return ALL


def find_suite(name: str, column: str = "") -> Suite:
    """The suite of that name, or your own one at a path that ends in .yaml.

    `column` says how a suite of your own calls the field with the picture. Raises `SuiteError` with
    the names there are.
    """
    if name.endswith((".yaml", ".yml")):
        return own_suite(Path(name), column)
    if column:
        raise SuiteError(
            f"{name} has the fields of its authors", remedy="--column is for a suite of your own"
        )
    for each in ALL:
        if each.name == name:
            return each
    raise SuiteError(
        f"no suite is called {name!r}",
        remedy="one of: " + ", ".join(each.name for each in ALL) + "; or a path to a suite.yaml",
    )
