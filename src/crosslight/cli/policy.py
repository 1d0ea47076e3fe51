"""`crosslight policy`: the categories of harm; constitutions to check, compile, show, compare."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from crosslight.cli.console import err, out
from crosslight.cli.options import answers_path
from crosslight.text import plural

app = typer.Typer(
    help="What 'unsafe' means: the taxonomy of harms, and written constitutions.",
    no_args_is_help=True,
)
Named = Annotated[str, typer.Argument(help="A YAML file, or a name of `policy list`.")]


class By(StrEnum):
    """Who compiles without a model."""

    HAND = "hand"


@app.callback()
def root() -> None:
    """What 'unsafe' means."""


@app.command("taxonomy")
def taxonomy(
    schemes: Annotated[
        list[str] | None, typer.Argument(help="Taxonomies to set beside ours, e.g. llamaguard.")
    ] = None,
) -> None:
    """Print our categories with their definitions and their places in other taxonomies."""
    from crosslight.policy import taxonomy_rows

    rows = taxonomy_rows(*(schemes or []))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in rows[0]:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*row.values())
    out.print(table)


@app.command("list")
def list_constitutions() -> None:
    """Name the constitutions that come along."""
    from crosslight.policy import (
        COMPILED_SUFFIX,
        CONSTITUTION_FOLDER,
        builtin_constitutions,
        read_constitution,
    )

    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("name", "rules", "compiled", "title"):
        table.add_column(column, overflow="fold")
    for name in builtin_constitutions():
        found = read_constitution(name)
        ready = "yes" if (CONSTITUTION_FOLDER / f"{name}{COMPILED_SUFFIX}").is_file() else "no"
        table.add_row(name, str(len(found.rules)), ready, found.title)
    out.print(table)


@app.command("check")
def check(constitution: Named) -> None:
    """Print what a reviewer should look at, and who can decide each question.

    Says of every rule whether it can be decided without a vision-language model.
    """
    from crosslight.policy import NotCompiled, policy_warnings, read_constitution, read_policy

    compiled = None
    try:
        written, compiled = read_policy(constitution)
    except NotCompiled as error:
        written = read_constitution(constitution)
        err.print(f"[yellow]not compiled:[/] {escape(error.hint)}")
    found = policy_warnings(written, compiled)
    for line in found:
        err.print(f"[yellow]look again:[/] {escape(line)}")
    if compiled:
        from crosslight.cli.policy_compile import print_deciders

        print_deciders(compiled)
    asked = sum(len(rule.questions) for rule in compiled.rules) if compiled else 0
    many = ((len(written.rules), "rule"), (asked, "question"), (len(found), "warning"))
    counted = ", ".join(plural(count, name) for count, name in many)
    out.print(f"{escape(written.title)}: {counted}, sha256 {written.hash[:16]}")


@app.command("show")
def show(
    constitution: Named,
    source: Annotated[bool, typer.Option("--source", help="Print the file as it is.")] = False,
    compiled: Annotated[
        bool, typer.Option("--compiled", help="Print the compiled file as it is.")
    ] = False,
) -> None:
    """Print rules with their chains of questions."""
    from crosslight.policy import (
        COMPILED_SUFFIX,
        Compiled,
        find_constitution,
        question_line,
        read_any,
        read_policy_text,
    )

    path = find_constitution(constitution)
    if source:
        out.print(read_policy_text(path), markup=False)
        return
    beside = path.with_name(path.stem + COMPILED_SUFFIX)
    if compiled:
        out.print(read_policy_text(beside), markup=False)
        return
    found = read_any(beside if beside.is_file() else path)
    out.print(f"[bold]{escape(found.title)}[/]")
    for rule in found.rules:
        text = rule.text if isinstance(found, Compiled) else getattr(rule, "stated", "")
        out.print(f"\n[bold]{rule.id}[/]  {escape(text)}")
        for number, chain in enumerate(getattr(rule, "all_chains", ())):
            if number:
                out.print("  [dim]or where all of these hold:[/]")
            for at, item in enumerate(chain, start=1):
                asked = " [dim]or[/] ".join(escape(question_line(q)) for q in item.any)
                out.print(f"  {at}. {asked}")


@app.command("diff")
def diff_policies(left: Named, right: Named) -> None:
    """Print what differs, rule by rule; exit code 1 when something does."""
    from crosslight.policy import policy_differences, read_any

    lines = policy_differences(read_any(left), read_any(right))
    for mark, rule, text in lines:
        colour = "green" if mark == "+" else "red"
        out.print(f"[{colour}]{mark}[/] {escape(rule)}: {escape(text)}")
    if not lines:
        out.print("no difference")
    raise typer.Exit(1 if lines else 0)


@app.command("new")
def new(
    name: Annotated[Path, typer.Argument(help="NAME or path of the new policy.")],
) -> None:
    """Write a policy of two rules that are compiled by hand, to change into your own."""
    from crosslight.policy import new_policy

    source, compiled = new_policy(name)
    out.print(f"{source}: the rules", markup=False)
    out.print(f"{compiled}: the questions of each rule", markup=False)
    out.print(f"next: crosslight policy check {source}", markup=False)


@app.command("compile")
def compile_constitution(
    constitution: Named,
    model: Annotated[str, typer.Option(help="Who compiles: a model that writes JSON.")] = "",
    by: Annotated[
        By | None, typer.Option("--by", help="hand: no model; write the form to fill in.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Default: NAME.compiled.yaml beside it.")
    ] = None,
    again: Annotated[
        list[str] | None,
        typer.Option(help="A rule to compile anew though its wording is the same. Repeatable."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Replace without asking.")] = False,
    draws: Annotated[int, typer.Option(help="Scores to average.", min=1, max=50)] = 3,
    rounds: Annotated[int, typer.Option(help="Rewordings at most.", min=0)] = 4,
    examples: Annotated[
        bool, typer.Option(help="Read the compiled form against examples, to see what it loses.")
    ] = True,
    store: Annotated[Path | None, typer.Option(help="Folder of the answer store.")] = None,
) -> None:
    """Make rules objective, take them apart into questions, and write that for review.

    What is compiled already stays, with all edits, where its wording in the source is the same.
    """
    from crosslight.cli.policy_compile import fill_in, replace_compiled
    from crosslight.judge import CompileConfig
    from crosslight.policy import (
        COMPILED_SUFFIX,
        CONSTITUTION_FOLDER,
        find_constitution,
        read_constitution,
        standing_at,
    )

    if bool(model) == bool(by):
        raise typer.BadParameter("name who compiles: --model SPEC, or --by hand")
    path, written = find_constitution(constitution), read_constitution(constitution)
    if output is None and path.parent == CONSTITUTION_FOLDER:
        raise typer.BadParameter("name the output with -o: the installed files stay as they are")
    target = output or path.with_name(path.stem + COMPILED_SUFFIX)
    standing = standing_at(target)
    if by:
        fill_in(written, standing, target, again or [], yes)
        return
    settings = CompileConfig(draws=draws, rounds=rounds, examples=examples)
    replace_compiled(
        model, written, standing, target, again or [], yes, settings, answers_path(store)
    )
