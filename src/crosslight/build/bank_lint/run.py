"""The linter of the bank: every law that a machine can check, each breach with file and line."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from crosslight.build.bank import Pattern, Scenario, bank_files
from crosslight.build.bank_lint.answers import lint_answers
from crosslight.build.bank_lint.figures import Figures, figures
from crosslight.build.bank_lint.finding import Finding, Spot
from crosslight.build.bank_lint.known_errors import lint_known
from crosslight.build.bank_lint.opened import entries, opened
from crosslight.build.bank_lint.pairs import PairFile
from crosslight.build.bank_lint.seen import Placed, lint_between, lint_pattern, lint_places
from crosslight.build.bank_lint.sentences import lint_sentences
from crosslight.build.bank_lint.whole import cases_of, lint_file, lint_repeats
from crosslight.build.two_photos.read import PAIRS, pair_files


@dataclass(frozen=True, slots=True)
class BankReport:
    """What the linter found in a bank. `must` breaks the bank, `should` is for its writers."""

    must: tuple[Finding, ...]
    should: tuple[Finding, ...]
    figures: Figures | None
    """None where no pattern could be read."""
    pairs: int = 0
    """Two-photo patterns."""


@dataclass(frozen=True, slots=True)
class _File:
    """One file as far as it can be read."""

    spot: Spot
    placed: list[Placed]
    wrong: list[Finding]


def lint_bank(path: Path) -> BankReport:
    """Check the files of a folder, or one file; of a folder also its two-photo patterns. Raises
    `BankError` where there is none."""
    if path.is_file():
        pairs, paths = ([path], []) if path.parent.name == PAIRS else ([], [path])
    else:
        pairs, paths = pair_files(path), bank_files(path)
    files = [_read(file) for file in paths]
    placed = [one for file in files for one in file.placed]
    found = [finding for file in files for finding in (*file.wrong, *_lint(file))]
    two = [PairFile.read(file) for file in pairs]
    found += [finding for file in two for finding in file.findings()]
    found += [*_ids(placed), *lint_repeats(placed), *lint_between(placed)]
    found = sorted(dict.fromkeys(found), key=lambda one: (one.file, one.line))
    return BankReport(
        must=tuple(one for one in found if one.level == "must"),
        should=tuple(one for one in found if one.level == "should"),
        figures=figures(one.pattern for one in placed),
        pairs=sum(len(file.placed) for file in two),
    )


def _read(path: Path) -> _File:
    """A file; where it does not fit the schema, those of its patterns that do."""
    spot, wrong = opened(path, Scenario)
    found = entries(spot, "patterns", Pattern)
    return _File(spot, [Placed(one, Spot(spot.file, raw, one.id)) for one, raw in found], wrong)


def _lint(file: _File) -> Iterator[Finding]:
    for one in file.placed:
        if not one.pattern.reviewed:
            yield one.spot.should("reviewed", "is no", "read it whole, then take the line out")
        yield from lint_pattern(one.pattern, one.spot)
        yield from lint_known(one.pattern, one.spot)
    for one, case, spot in cases_of(file.placed):
        yield from lint_sentences(one.pattern, case, spot)
        yield from lint_answers(one.pattern, case, spot)
        yield from lint_places(one.pattern, case, spot)
    yield from lint_file(file.spot, file.placed)


def _ids(placed: list[Placed]) -> Iterator[Finding]:
    """Ids that stand in two files; twice in one file is told when it is read."""
    first: dict[str, Spot] = {}
    for one in placed:
        other = first.setdefault(one.pattern.id, one.spot)
        if other.file != one.spot.file:
            also = f"{other.file}:{other.line('id')}"
            yield one.spot.must("id", f"stands also in {also}", "rename it")
