"""A policy without a model: a scaffold to start from, and the form of new rules to fill in."""

import re
from collections.abc import Collection
from pathlib import Path
from typing import Any

from crosslight.policy.bounded import COMPILED_SUFFIX, PolicyError
from crosslight.policy.constitution import Constitution, Rule
from crosslight.policy.layout import data_text, with_kept, write_history
from crosslight.policy.question import UNFILLED
from crosslight.policy.recompile import Standing, set_aside
from crosslight.policy.review import LOOK
from crosslight.store import write_text

SCAFFOLD = Path(__file__).parent / "scaffold"
MOST_NOTES = 30
_STEM = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,60}")
_HEAD = """\
# `rule` is the wording of the source. Replace each ? by what must be visible for the rule to be
# broken; words: what an object finder should look for, the deciding part first.
# A chain is broken when ALL of its items hold; an item holds when ANY of its questions does:
#   chain:
#     - any: [{see: a dog, words: [dog]}, {see: a wolf, words: [wolf]}]
#     - any: [{see: a lead on a dog, words: [lead], absent: true}]      holds when it is NOT there
# Then: crosslight policy check FILE
"""


def new_policy(name: Path) -> tuple[Path, Path]:
    """Write the scaffold as NAME.yaml and NAME.compiled.yaml. Raises `PolicyError`."""
    stem = name.name.removesuffix(".yaml")
    if not _STEM.fullmatch(stem):
        raise PolicyError(
            f"{stem!r} is no name for a policy", hint="letters, digits, _ and -, e.g. my-policy"
        )
    source, compiled = name.with_name(f"{stem}.yaml"), name.with_name(stem + COMPILED_SUFFIX)
    for path in (source, compiled):
        if path.exists():
            raise PolicyError(f"{path} is there already", hint="take another name")
    source.parent.mkdir(parents=True, exist_ok=True)
    text = (SCAFFOLD / "policy.yaml").read_text(encoding="utf-8")
    write_text(source, text.replace(" FILE", f" {source.name}"))
    write_text(compiled, (SCAFFOLD / "compiled.yaml").read_text(encoding="utf-8"))
    return source, compiled


def write_form(
    target: Path, constitution: Constitution, standing: Standing, again: Collection[str]
) -> None:
    """Write the compiled form with what is compiled already, and blanks for the other rules.

    A rule whose wording changed keeps its chain, with a note that it is to be looked at. Forms that
    are replaced or gone are set aside in the history.
    """
    kept = {rule.id: rule for rule in standing.kept(constitution, again)}
    old = {r.id: r for r in (standing.compiled.rules if standing.compiled else ())}
    rules = []
    for rule in constitution.rules:
        if rule.id in kept:
            rules.append(kept[rule.id].model_dump(mode="json", exclude_defaults=True))
        elif rule.id in old and rule.id not in again:
            data = old[rule.id].model_dump(mode="json", exclude_defaults=True)
            note = f"{LOOK}the source said {old[rule.id].rule!r}: does the chain still fit?"[:500]
            data |= {"rule": rule.stated, "text": rule.stated}
            data["review"] = [*data.get("review", ())[-MOST_NOTES:], note]
            data.pop("objectiveness", None)  # it was that of the old wording
            rules.append(data)
        else:
            rules.append(_blank(rule))
        rules[-1].pop("depictions", None)
        if rule.depictions:
            rules[-1]["depictions"] = rule.depictions
    by = standing.compiled.by if standing.compiled else "hand"
    whole = {"title": constitution.title, "by": by if "hand" in by else f"{by}; hand"[:200]}
    if constitution.depictions:
        whole["depictions"] = constitution.depictions
    replaced = [rule for rule in old.values() if rule.id not in kept]
    if replaced:
        write_history(target, set_aside(standing, constitution.title, replaced))
    text = data_text({**whole, "rules": rules})
    write_text(target, with_kept(target, text, list(kept.values())) if kept else _HEAD + text)


def _blank(rule: Rule) -> dict[str, Any]:
    blank = {"see": UNFILLED, "words": []}
    return {
        "id": rule.id,
        "rule": rule.stated,
        "text": rule.stated,
        "chain": [{"any": [blank]}],
    }
