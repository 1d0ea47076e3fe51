"""The text of a compiled file that is written again: what stays keeps its characters, so that the
comments and the layout of whoever edited it stay too."""

from collections.abc import Collection, Mapping
from pathlib import Path

from crosslight.policy.bounded import most_nodes, read_policy_text
from crosslight.text import parse_yaml

_INDENT = "  - "


def head_of(text: str) -> str:
    """The comment lines at the top of a file."""
    lines = text.splitlines(keepends=True)
    end = next((at for at, line in enumerate(lines) if not _is_comment(line)), len(lines))
    return "".join(lines[:end])


def blocks_of(path: Path, wanted: Collection[str]) -> dict[str, str]:
    """The lines of each of the `wanted` rules as they stand in a compiled file, with the comments
    above. Rules that are laid out in another way than ours are left out."""
    text = read_policy_text(path)
    value, wrong = parse_yaml(text, nodes=most_nodes(path))
    if wrong or not isinstance(value, dict) or list(value)[-1:] != ["rules"]:
        return {}
    lines, rules = text.splitlines(keepends=True), value["rules"]
    starts = [_with_comments(lines, line - 1) for line in rules.lines]
    ends = [*starts[1:], len(lines)]
    found = {}
    for rule, start, end in zip(rules, starts, ends, strict=True):
        block = "".join(lines[start:end])
        first = next((line for line in lines[start:end] if not _is_comment(line)), "")
        if rule.get("id") in wanted and first.startswith(_INDENT):
            found[str(rule["id"])] = block if block.endswith("\n") else block + "\n"
    return found


def spliced(text: str, blocks: Mapping[str, str], head: str) -> str:
    """A compiled file as it was laid out by us, with these blocks in the place of ours."""
    first, *rest = text.split(f"\n{_INDENT}id: ")
    made = [_INDENT + "id: " + part for part in rest]
    told = [blocks.get(part.split("\n", 1)[0][len(_INDENT) + 4 :], part) for part in made]
    return head + first + "\n" + "".join(p if p.endswith("\n") else p + "\n" for p in told)


def _with_comments(lines: list[str], at: int) -> int:
    while at > 0 and lines[at - 1].lstrip().startswith("#"):
        at -= 1
    return at


def _is_comment(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")
