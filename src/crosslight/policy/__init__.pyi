from . import taxonomy
from .bounded import MAX_YAML_BYTES, PolicyError, read_policy_text, read_written
from .compiled import (
    Compiled,
    CompiledRule,
    Draft,
    NotCompiled,
    policy_warnings,
    read_policy,
    write_compiled,
)
from .constitution import (
    COMPILED_SUFFIX,
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
from .question import Count, Item, Print, Question
from .taxonomy import TaxonomyError, domains, leaf, leaves, map_to, taxonomy_rows

__all__ = [
    "COMPILED_SUFFIX",
    "CONSTITUTION_FOLDER",
    "MAX_YAML_BYTES",
    "Compiled",
    "CompiledRule",
    "Constitution",
    "Count",
    "Draft",
    "Item",
    "NotCompiled",
    "PolicyError",
    "Print",
    "Question",
    "Rule",
    "ShortText",
    "StrictModel",
    "TaxonomyError",
    "builtin_constitutions",
    "domains",
    "find_constitution",
    "leaf",
    "leaves",
    "map_to",
    "policy_differences",
    "policy_warnings",
    "question_line",
    "read_any",
    "read_constitution",
    "read_policy",
    "read_policy_text",
    "read_written",
    "taxonomy",
    "taxonomy_rows",
    "validated",
    "write_compiled",
]
