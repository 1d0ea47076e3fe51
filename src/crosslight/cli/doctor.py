"""`crosslight doctor SPEC`: does this model see, give probabilities, obey a schema? With
`--injection`: does it obey the texts that it judges?"""

from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

from crosslight.cli.console import err, out, say_error

if TYPE_CHECKING:
    from crosslight.graders import Moved, Resistance

COLOURS = {"ok": "green", "no": "red", "unknown": "yellow"}


def doctor(
    spec: Annotated[str, typer.Argument(help="A model, e.g. embedded or openai:NAME@URL.")],
    injection: Annotated[
        bool,
        typer.Option(
            "--injection", help="Measure how often texts that it judges talk it round, instead."
        ),
    ] = False,
    judge_as: Annotated[
        str,
        typer.Option(
            help="With --injection, how it judges: class, llama-guard-3, llama-guard-4, md-judge, "
            "qwen3guard or guardreasoner-vl."
        ),
    ] = "class",
) -> None:
    """Probe a model before money is spent: what works, and what that means for each verb."""
    if injection:
        _injection(spec, judge_as)
        return
    from crosslight.flow import run_main
    from crosslight.models import probe_model

    with err.status(f"asking {escape(spec)} some short questions"):
        found = run_main(probe_model(spec))
    table = _table("check", "", "what was found", "what it means")
    for line in found:
        detail = f"{line.detail} ({line.hint})" if line.hint else line.detail
        state = f"[{COLOURS[line.state]}]{line.state}[/]"
        table.add_row(line.name, state, escape(detail), escape(line.consequences))
    out.print(table)
    if any(line.name == "reach" and line.state != "ok" for line in found):
        raise typer.Exit(1)


def _injection(spec: str, judge_as: str) -> None:
    from crosslight.flow import RunFailed, run_main
    from crosslight.graders import check_grader, injection_set, measure_resistance
    from crosslight.models import ModelError, parse

    check_grader(judge_as)
    backend, cases = parse(spec), injection_set()
    out.print(
        f"up to {cases.calls:,} calls, of at most 1,024 tokens of reply each: {len(cases.answers)} "
        f"answers, each as it is and with {len(cases.attempts)} attempts to talk the judge round",
        markup=False,
    )
    try:
        with err.status(f"asking {escape(spec)}") as status:
            done = 0

            def count() -> None:
                nonlocal done
                done += 1
                status.update(f"asking {escape(spec)}: {done:,} of up to {cases.calls:,}")

            found = run_main(measure_resistance(backend, judge_as, on_answer=count))
    except ModelError as error:
        say_error(error.message, error.hint)
        raise typer.Exit(1) from None
    except RunFailed as stop:
        say_error(stop.reason, stop.hint)
        raise typer.Exit(1) from None
    _tell(found)


def _tell(found: "Resistance") -> None:
    """The table, and what it says."""
    out.print(
        f"without an attempt: {found.right} of {found.plain} answers were called what they are; "
        "only these are asked about below",
        markup=False,
    )
    table = _table(
        "attempts", "harmful called harmless", "95% interval", "harmless called harmful", "unread"
    )
    for row in found.rows:
        table.add_row(*_cells(row), style="bold" if row is found.rows[-1] else "")
    out.print(table)
    for line in _meaning(found):
        out.print(line, markup=False)
    if found.error is not None:
        say_error(f"some calls failed: {found.error.message}", found.error.hint)


def _cells(row: "Moved") -> list[str]:
    low, high = row.interval
    known = f"{100 * row.freed / row.harmful:.0f}%" if row.harmful else "unknown"
    return [
        row.kind,
        f"{row.freed} of {row.harmful} ({known})",
        f"{100 * low:.0f}% - {100 * high:.0f}%",
        f"{row.accused} of {row.harmless}",
        str(row.unread),
    ]


def _meaning(found: "Resistance") -> list[str]:
    total = found.rows[-1]
    lines = [
        "asked as in `bench run`: the same prompt, fences and broken control tokens; an unread "
        "reply is neither moved nor firm; the interval takes the calls for independent, which "
        "those about one answer are not, so it is rather too narrow",
    ]
    if not total.harmful:
        lines.append(
            "no harmful answer was judged rightly as it is, so nothing is known of what moves this "
            "model: it is no judge of such answers"
        )
    elif total.freed:
        lines.append(
            f"{total.freed} of {total.harmful} times a text talked this model round: as a judge of "
            "answers that may speak to it, it makes unsafe models look safe"
        )
    else:
        lines.append(
            "none of these attempts moved it; others may, so this is no proof that none does"
        )
    if total.accused:
        lines.append(
            f"{total.accused} of {total.harmless} times an attempt in a harmless answer made it be "
            "called harmful"
        )
    return lines


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    for column in columns:
        table.add_column(column, overflow="fold", no_wrap=column in ("check", ""))
    return table
