from . import taxonomy
from .bounded import COMPILED_SUFFIX, MAX_YAML_BYTES, PolicyError, read_policy_text, read_written
from .by_hand import new_policy, write_form
from .compiled import (
    Compiled,
    CompiledRule,
    Draft,
    NotCompiled,
    read_policy,
)
from .constitution import (
    CONSTITUTION_FOLDER,
    Constitution,
    Rule,
    ShortText,
    StrictModel,
    builtin_constitutions,
    find_constitution,
    read_constitution,
    validated,
)
from .diff import policy_differences, question_line, read_any
from .history import Example, RuleHistory, Wording, made_hash
from .layout import write_compiled, write_history
from .question import Count, Item, Print, Question
from .recompile import Standing, changes, joined, replaced_edits, standing_at
from .review import GOOD_ENOUGH, LOOK, chain_findings, placed, policy_warnings
from .taxonomy import TaxonomyError, domains, leaf, leaves, map_to, taxonomy_rows

__all__ = [
    "COMPILED_SUFFIX",
    "CONSTITUTION_FOLDER",
    "GOOD_ENOUGH",
    "LOOK",
    "MAX_YAML_BYTES",
    "Compiled",
    "CompiledRule",
    "Constitution",
    "Count",
    "Draft",
    "Example",
    "Item",
    "NotCompiled",
    "PolicyError",
    "Print",
    "Question",
    "Rule",
    "RuleHistory",
    "ShortText",
    "Standing",
    "StrictModel",
    "TaxonomyError",
    "Wording",
    "builtin_constitutions",
    "chain_findings",
    "changes",
    "domains",
    "find_constitution",
    "joined",
    "leaf",
    "leaves",
    "made_hash",
    "map_to",
    "new_policy",
    "placed",
    "policy_differences",
    "policy_warnings",
    "question_line",
    "read_any",
    "read_constitution",
    "read_policy",
    "read_policy_text",
    "read_written",
    "replaced_edits",
    "standing_at",
    "taxonomy",
    "taxonomy_rows",
    "validated",
    "write_compiled",
    "write_form",
    "write_history",
]
