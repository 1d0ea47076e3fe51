"""The page of reviews of a run: progress, where reviewers differ, agreement, and the labels."""

from collections.abc import Mapping
from datetime import UTC, datetime

from crosslight.runs import Act, ReviewKey
from crosslight.view.reviews.labels import LabelFile, drawn_photos, grade_file, label_file
from crosslight.view.reviews.progress import agreement, disputes, reviewers
from crosslight.view.server.opened import Opened
from crosslight.view.server.render import rendered
from crosslight.view.server.steps import has_queue

MOST_DISPUTES = 200


def page(runs: Mapping[str, Opened], run: Opened) -> str:
    """Everything that the acts on a run say together."""
    standing = run.reviews.standing()
    here = _here(run, standing)
    found = [one for one in disputes(standing) if one.row in here]
    decided = {k.row for k, a in standing.items() if a.verdict in ("accept", "reject")}
    return rendered(
        "web/review.html.j2",
        runs=runs,
        run=run,
        tab="review",
        people=reviewers(run.reviews.acts(), standing, datetime.now(UTC).date().isoformat()),
        disputes=found[:MOST_DISPUTES],
        more_disputes=len(found[MOST_DISPUTES:]),
        agreed=agreement(standing),
        rows=0 if run.table is None else run.table.rows,
        decided=len(decided & here),
        gone=len({key.row for key in standing} - here),
        labels=_file(run, standing, {}),
        queue=has_queue(run),
    )


def _here(run: Opened, standing: Mapping[ReviewKey, Act]) -> set[str]:
    """Of the rows that were reviewed those that the run (still) has."""
    if run.table is None:
        return set()
    return run.table.known({key.row for key in standing})


def labels(run: Opened, by: str) -> str:
    """The labels as `crosslight judge report` reads them, of a grading run as `judge agree` does;
    `by`: of one reviewer only."""
    standing = run.reviews.standing()
    if by:
        standing = {key: act for key, act in standing.items() if key.by == by}
    folder = run.place if run.place.is_dir() else run.place.parent
    return _file(run, standing, drawn_photos(folder)).text


def _file(
    run: Opened, standing: Mapping[ReviewKey, Act], drawn: Mapping[str, Mapping[str, str]]
) -> LabelFile:
    if run.kind == "assess":
        return grade_file(standing, _names(run))
    return label_file(standing, _names(run), drawn)


def _names(run: Opened) -> dict[str, tuple[str, str]]:
    """(source, photo) of the rows that were labelled."""
    table = run.table
    if table is None:
        return {}
    rows = {act.row for act in run.reviews.standing().values() if act.label}
    numbered = {row: at for row in rows if (at := table.number_of(row)) is not None}
    shape = table.shape
    columns = [name for name in (shape.source, shape.photo) if name]
    numbers = sorted(set(numbered.values()))
    found = dict(zip(numbers, table.files.rows_of(numbers, columns), strict=True))
    return {
        row: (
            str(found[at].get(shape.source) or "") if shape.source else "",
            str(found[at].get(shape.photo) or "") if shape.photo else row,
        )
        for row, at in numbered.items()
    }
