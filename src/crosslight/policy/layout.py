"""How compiled forms and their histories are written: to be read, edited and compared by people.

A rule begins with its source and its compiled wording; a question is one line. What would not be
read back is not written.
"""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from crosslight.policy.bounded import (
    PolicyError,
    most_bytes,
    most_nodes,
    parse_plain,
    read_policy_text,
)
from crosslight.policy.compiled import Compiled, CompiledRule
from crosslight.policy.constitution import validated
from crosslight.policy.history import History, history_of
from crosslight.policy.splice import blocks_of, head_of, spliced
from crosslight.policy.yaml_text import Flow, Row, as_yaml
from crosslight.store import write_text
from crosslight.text import parse_yaml


def write_compiled(path: Path, compiled: Compiled, kept: Collection[str] = ()) -> None:
    """Write a compiled file, all at once. Rules that are `kept` of the file that is there keep the
    comments and the layout that they have. Raises `PolicyError` for what would not be read back."""
    text = data_text(compiled.model_dump(mode="json", exclude_defaults=True))
    stay = [rule for rule in compiled.rules if rule.id in kept]
    _write(path, with_kept(path, text, stay), Compiled, compiled)


def with_kept(path: Path, text: str, kept: Sequence[CompiledRule]) -> str:
    """`text` with the lines of the kept rules as they stand in `path`; as it is, where that would
    say anything else."""
    if not kept or not path.is_file():
        return text
    blocks = blocks_of(path, {rule.id for rule in kept})
    joined = spliced(text, blocks, head_of(read_policy_text(path)))
    return joined if _says_the_same(joined, text, kept, most_nodes(path)) else text


def _says_the_same(joined: str, text: str, kept: Sequence[CompiledRule], nodes: int) -> bool:
    """Whether the rules are the same, in the same order, and the kept ones what they were."""
    (new, wrong), (old, _) = parse_yaml(joined, nodes=nodes), parse_yaml(text, nodes=nodes)
    try:
        same = [rule["id"] for rule in new["rules"]] == [rule["id"] for rule in old["rules"]]
        found = {rule["id"]: rule for rule in new["rules"]}
        return (
            not wrong
            and same
            and new.keys() == old.keys()
            and all(CompiledRule.model_validate(found[rule.id]) == rule for rule in kept)
        )
    except (LookupError, TypeError, AttributeError, ValidationError):
        return False


def data_text(data: dict[str, Any]) -> str:
    """The text of a compiled form as plain data, which need not be whole."""
    return as_yaml({**data, "rules": [_rule(rule) for rule in data["rules"]]})


def write_history(path: Path, history: History) -> None:
    """Write the history beside the compiled file `path`. Raises `PolicyError`."""
    data = history.model_dump(mode="json", exclude_defaults=True)
    data["rules"] = [_past(rule) for rule in data.get("rules", ())]
    head = "# How the compiled form came about. Nothing is judged by this file.\n"
    _write(history_of(path), head + as_yaml(data), History, history)


def _past(rule: dict[str, Any]) -> dict[str, Any]:
    laid: dict[str, Any] = {k: rule[k] for k in ("id", "made") if k in rule}
    if "wordings" in rule:
        laid["wordings"] = [{**w, "scores": Row(w.get("scores", ()))} for w in rule["wordings"]]
    if "examples" in rule:
        laid["examples"] = [Flow(example) for example in rule["examples"]]
    if "before" in rule:
        laid["before"] = [_rule(form) for form in rule["before"]]
    return laid


def _rule(rule: dict[str, Any]) -> dict[str, Any]:
    chains = [_chain(chain) for chain in rule.get("chains", ())]
    laid = {k: v for k, v in rule.items() if k not in ("chain", "chains", "review", "history")}
    laid |= {"chain": _chain(rule["chain"])} if "chain" in rule else {"chains": chains}
    laid |= {"review": rule["review"]} if "review" in rule else {}
    return laid | ({"history": rule["history"]} if "history" in rule else {})


def _chain(chain: list[Any]) -> list[Any]:
    return [{"any": [_question(question) for question in item["any"]]} for item in chain]


def _question(question: dict[str, Any]) -> Flow:
    laid = Flow(question)
    if "words" in laid:
        laid["words"] = Row(laid["words"])
    return laid


def _write(path: Path, text: str, model: type[BaseModel], wanted: BaseModel) -> None:
    size, most = len(text.encode()), most_bytes(path)
    if size > most:
        raise PolicyError(
            f"{path.name} would have {size:,} bytes, and at most {most:,} are read back",
            hint="name it NAME.compiled.yaml: such files may be larger; else split the policy",
        )
    again = validated(model, parse_plain(text, path.name, nodes=most_nodes(path)), path.name)
    if again != wanted:
        raise AssertionError(f"{path.name} reads back as something else")
    write_text(path, text)
