"""Chains of reasons out of a run of `build` (docs/tune-chains.md) as rows of an export.

The same chains as `crosslight tune sft --target chain` learns, with their pictures before the text.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from crosslight.build import Row, Run, read_run
from crosslight.export.formats.rows import (
    NO_PICTURE,
    Credit,
    LeftOut,
    TrainRow,
    left_out,
    why_not,
)
from crosslight.export.formats.source import Chosen, ExportError, Source
from crosslight.records import CrosslightError, Dropped, Failed
from crosslight.tune import Chain, Target, make_chains

KINDS = {0: "no_photo", 2: "two_photos"}
"""By the number of photos; a chain of one has the kind of its row."""


def read_chains(
    source: Source, chosen: Chosen, *, pictures: bool = True
) -> Iterator[TrainRow | LeftOut]:
    """Every chain of the run, or why it is left out; and the rows that gave none.

    Pictures lie in a folder of their own for as long as this is read: two chains may show one.
    Raises `ExportError`.
    """
    try:
        run = read_run(source.folder)
    except CrosslightError as error:
        raise ExportError(error.message, error.hint) from error
    chains = make_chains(run.rows, several=chosen.target == Target.CHAINS)
    rows = {row.id: row for row in run.rows}
    for name, reason in chains.left_out:
        row = rows[name]
        yield LeftOut(name, row.source, row.kind, Dropped("export", reason))
    with TemporaryDirectory() as folder:
        wanted = {photo for chain in chains.made for photo in chain.photos} if pictures else set()
        shown = _laid(run, wanted, Path(folder))
        for chain in chains.made:
            yield _row(
                chain,
                [rows[name] for name in chain.rows],
                shown if pictures else None,
                source,
                chosen,
            )


def _laid(run: Run, wanted: set[str], folder: Path) -> dict[str, Path]:
    """Each photo as a file, under a name of ours: what a run calls it may lead anywhere."""
    found: dict[str, Path] = {}
    for at, (photo, data) in enumerate(run.pictures(sorted(wanted))):
        found[photo] = folder / str(at)
        found[photo].write_bytes(data)
    return found


def _row(
    chain: Chain,
    rows: list[Row],
    shown: Mapping[str, Path] | None,
    source: Source,
    chosen: Chosen,
) -> TrainRow | LeftOut:
    """`shown`: the files of the photos; None where nobody looks at them."""
    kind = KINDS.get(len(chain.photos), rows[0].kind)
    cells = {
        "id": chain.id,
        "split": chain.split,
        "kind": kind,
        "prompt": chain.asked,
        "reply": chain.target,
        "sensitive": chain.sensitive,
        "source": rows[0].source,
    }
    if reason := why_not(cells, source, chosen):
        return left_out(cells, Dropped("export", reason))
    if shown is not None and any(photo not in shown for photo in chain.photos):
        return left_out(cells, Failed("export", NO_PICTURE))
    by_photo = {row.photo: Credit(row.source, row.licence, row.origin) for row in rows}
    return TrainRow(
        id=chain.id,
        split=chain.split,
        kind=kind,
        prompt=chain.asked,
        reply=chain.target,
        source=rows[0].source,
        credits=tuple(by_photo[photo] for photo in chain.photos),
        pictures=tuple(shown[photo].read_bytes() for photo in chain.photos) if shown else (),
    )
