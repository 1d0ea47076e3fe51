"""`policy compile`: what changes is shown, and is written when somebody says so."""

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from rich.markup import escape

from crosslight.cli.console import err, out
from crosslight.flow import Session, run_main
from crosslight.judge import (
    CompileConfig,
    CompiledNow,
    Who,
    compile_policy,
    deciders_of,
    how_well,
)
from crosslight.models import parse
from crosslight.policy import (
    Compiled,
    Constitution,
    PolicyError,
    Standing,
    changes,
    joined,
    policy_warnings,
    replaced_edits,
    write_compiled,
    write_form,
    write_history,
)
from crosslight.store import AnswerStore
from crosslight.text import plural


def replace_compiled(
    model: str,
    written: Constitution,
    standing: Standing,
    target: Path,
    again: Sequence[str],
    yes: bool,
    settings: CompileConfig,
    answers: Path,
) -> None:
    """Compile what is new, show what changes, and write it. Raises `PolicyError`, `ModelError`."""
    kept = [rule.id for rule in standing.kept(written, again)]
    made = CompiledNow((), (), "")
    if len(kept) < len(written.rules):
        backend = parse(model)

        async def work() -> CompiledNow:
            async with Session({"compiler": backend}, AnswerStore(answers)) as session:
                tell = lambda line: err.print(line, markup=False)  # noqa: E731
                caller = session.callers["compiler"]
                return await compile_policy(caller, written, settings, tell, kept)

        made = run_main(work())
    compiled, history = joined(written, standing, made.rules, made.histories, made.by)
    if compiled == standing.compiled:
        out.print(f"nothing to do: all {len(kept)} rules of {target} are compiled from these words")
        out.print("--again RULE compiles one anew")
        return
    if kept:
        err.print(f"kept as they are: {', '.join(kept)}", markup=False)
    lines = changes(standing, compiled)
    for line in lines:
        _show(*line)
    edited = replaced_edits(standing, made.rules)
    if edited:
        err.print(
            f"[yellow]edited by hand, and replaced:[/] {escape(', '.join(edited))} "
            "(the old form goes into the history)"
        )
    if any(mark == "-" for mark, _, _ in lines):
        _ask(target, yes)
    write_compiled(target, compiled, kept)
    write_history(target, history)
    for warning in policy_warnings(written, compiled):
        err.print(f"[yellow]look again:[/] {escape(warning)}")
    out.print(f"review it: {target}", markup=False)


def fill_in(
    written: Constitution, standing: Standing, target: Path, again: Sequence[str], yes: bool
) -> None:
    """Write the form for a person to fill in, and open it where there is an editor."""
    kept = [rule.id for rule in standing.kept(written, again)]
    old = standing.compiled
    if old is not None and kept == [rule.id for rule in old.rules] == [r.id for r in written.rules]:
        out.print(f"nothing to do: all {len(kept)} rules of {target} are compiled from these words")
        out.print("edit it as you like; --again RULE makes a blank of one")
        return
    here = {rule.id for rule in old.rules} if old else set()
    for rule in written.rules:
        if rule.id not in kept:
            note = "blank" if rule.id in again or rule.id not in here else "keeps its chain"
            _show("+", rule.id, note)
    gone = here - {rule.id for rule in written.rules}
    for id in sorted(gone):
        _show("-", id, "not in the constitution")
    if gone or here - set(kept):
        _ask(target, yes)
    write_form(target, written, standing, again)
    out.print(f"fill it in: {target}", markup=False)
    if sys.stdin.isatty() and sys.stdout.isatty():
        click.edit(filename=str(target))


def print_deciders(compiled: Compiled) -> None:
    """Rule by rule, who can decide each question."""
    rules = deciders_of(compiled)
    for rule in rules:
        out.print(f"[bold]{escape(rule.rule)}[/]: {rule.told}")
        for one in rule.questions:
            see = f"not: {one.question.see}" if one.question.absent else one.question.see
            out.print(f"  {escape(see)}  [dim]{one.who}: {escape(one.note)}[/]")
    alone = sum(rule.broken and rule.kept for rule in rules)
    out.print(f"decided without a vision-language model: {alone} of {plural(len(rules), 'rule')}")
    if any(one.who is Who.PERCEPTION for rule in rules for one in rule.questions):
        out.print(how_well(), style="dim")


def _show(mark: str, rule: str, text: str) -> None:
    colour = "green" if mark == "+" else "red"
    err.print(f"[{colour}]{mark}[/] {escape(rule)}: {escape(text)}")


def _ask(target: Path, yes: bool) -> None:
    """A word of the person before what lies there is replaced. Raises `PolicyError`."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise PolicyError(
            f"{target} is there already and would change", hint="--yes replaces it without asking"
        )
    click.confirm(f"Replace {target}", abort=True)
