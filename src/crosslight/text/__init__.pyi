from .addressed import speaks_to_judge
from .cells import csv_text, inert
from .control import Breaker, breaker, has_control, without_control
from .decode import SAVE_AS, NotText, as_windows, decode, split_lines, text_lines, unix_lines
from .fence import last_fenced
from .field_words import near_field
from .hidden import hidden_characters, looks_like, odd_characters
from .json_reader import BadJson, parse_json
from .language import language_of
from .naming import BARE_WORDS, bare_refusal, head_word, names_element, other_words, refuses, stem
from .no_answer import is_error_text
from .printed.find import (
    PrintFound,
    check_print,
    find_print,
    kinds_of_print,
    word_likeness,
    words_of,
)
from .prompts import PromptFolder
from .separator import TableStart, separator, table_start
from .show import latex, markdown, plural, probability, visible
from .wrong_fields import Wrong, repeated_ids, told, wrong_fields
from .yaml_reader import MAX_DEPTH, MAX_NODES, as_json, parse_yaml

__all__ = [
    "BARE_WORDS",
    "MAX_DEPTH",
    "MAX_NODES",
    "SAVE_AS",
    "BadJson",
    "Breaker",
    "NotText",
    "PrintFound",
    "PromptFolder",
    "TableStart",
    "Wrong",
    "as_json",
    "as_windows",
    "bare_refusal",
    "breaker",
    "check_print",
    "csv_text",
    "decode",
    "find_print",
    "has_control",
    "head_word",
    "hidden_characters",
    "inert",
    "is_error_text",
    "kinds_of_print",
    "language_of",
    "last_fenced",
    "latex",
    "looks_like",
    "markdown",
    "names_element",
    "near_field",
    "odd_characters",
    "other_words",
    "parse_json",
    "parse_yaml",
    "plural",
    "probability",
    "refuses",
    "repeated_ids",
    "separator",
    "speaks_to_judge",
    "split_lines",
    "stem",
    "table_start",
    "text_lines",
    "told",
    "unix_lines",
    "visible",
    "without_control",
    "word_likeness",
    "words_of",
    "wrong_fields",
]
