"""Control tokens in text of strangers: a space is put into each, so that nobody's words can open a
turn, close one, call a tool or claim an image.

The list is of families, not of models: every form that a chat template of a known family writes.
A broken token reads nearly as before and tokenizes as ordinary characters. Breaking twice changes
nothing more.
"""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

_L, _R, _BAR = "[<＜]", "[>＞]", "[|｜]"
_NAMED = (
    # Llama 2, Mistral, T5, byte and spare tokens
    r"/?s|bos|eos|pad|unk|mask|cls|sep|0x[0-9A-Fa-f]{2}|unused_?\d+|reserved[\w-]{0,40}\d*|"
    r"SPECIAL_\d+|extra_id_\d+|"
    # Gemma and PaliGemma
    r"(?:start|end)_of_(?:turn|image|audio|utterance|text)|(?:image|audio)_soft_token|"
    r"loc\d{4}|seg\d{3}|"
    # pictures: LLaVA, Idefics, InternVL, MiniCPM, llama.cpp's own marks
    r"/?images?|/?img|/?video|/?audio|fake_token_around_image|global-img|row_\d+_col_\d+|"
    r"IMG_CONTEXT|(?:image|video|audio)_pad|im_(?:start|end|patch)|/?image_id|/?slice|"
    r"/?(?:ref|box|quad|point)|__(?:media|image|audio)__|"
    # reasoning and tools: Qwen, Hermes, DeepSeek, GLM
    r"/?think(?:ing)?|/?tools?|/?tool_(?:calls?|response|result|output)|/?function(?:_calls?)?|"
    r"/?arg_(?:key|value)|"
    # GLM
    r"[se]op|[gs]?MASK"
)
_BRACKETED = (
    r"/?INST|IMG(?:_BREAK|_END)?|/?(?:AVAILABLE_TOOLS|TOOL_RESULTS|TOOL_CONTENT|SYSTEM_PROMPT)|"
    r"TOOL_CALLS|/?THINK|ARGS|CALL_ID|PREFIX|MIDDLE|SUFFIX|(?:BEGIN_)?AUDIO|TRANSCRIBE|"
    r"/?MODEL_SETTINGS|control_\d+|[gs]?MASK|CLS|SEP|PAD|UNK|BOS|EOS"
)
_TOKEN = re.compile(
    # What can begin one comes first, and alone: the texts between are then passed over fast.
    rf"[<＜\[](?:(?<=\[)(?:{_BRACKETED})\]|(?<!\[)(?:"
    # <|im_start|> and all that are written so (ChatML, Llama 3, Phi, Qwen, Command, gpt-oss,
    # DeepSeek); Gemma's later half-barred <|turn> and <turn|>.
    rf"{_BAR}/?[^\s|｜<>＜＞\[\]]{{1,64}}(?:{_BAR}{_R}|{_R})"
    rf"|/?[A-Za-z][\w▁-]{{0,40}}{_BAR}{_R}"
    rf"|(?:{_NAMED}){_R}"
    rf"|{_L}/?SYS{_R}{{2}}"
    r"))"
)
_COLON = re.compile("[:：]")
_WORD = re.compile(r"(?<!\w)[A-Za-z]{3,11}\Z")
# Turns in plain words: Vicuna's and LLaVA's also stand within a line; the others are those of
# models without a template, and Alpaca's.
_WITHIN = frozenset({"USER", "ASSISTANT"})
_FIRST = frozenset({"user", "human", "assistant", "system"})
_HEADED = _FIRST | {"gpt", "instruction", "input", "output", "response"}
_ENDS = tuple(_HEADED)
_LONGEST = max(map(len, _HEADED))
_LINE_ENDS = frozenset("\n\r\v\f\x85\u2028\u2029")
KEPT = 256
AROUND = 80
"""Characters before a name in which its line begins, if only blanks stand there."""
ROUNDS = 8
"""Tokens of a vocabulary may overlap themselves (`aba` in `ababa`)."""


Breaker = Callable[[str], str]


@lru_cache(KEPT)
def without_control(text: str) -> str:
    """`text` with the control tokens and turn marks of the known families broken."""
    text = _TOKEN.sub(_spaced, text)
    return _COLON.sub(_parted, text)


def has_control(text: str) -> bool:
    """Whether there is one in it."""
    return without_control(text) != text


def breaker(tokens: Iterable[str]) -> Breaker:
    """`without_control` that also breaks these tokens: a vocabulary's own."""
    own = {t for t in tokens if len(t) > 1 and not t.isspace() and not has_control(t)}
    if not own:
        return without_control
    pattern = re.compile("|".join(map(re.escape, sorted(own, key=lambda t: (-len(t), t)))))

    def broken(text: str) -> str:
        text = without_control(text)
        for _ in range(ROUNDS):
            before, text = text, pattern.sub(_spaced, text)
            if text == before:
                break
        return text

    return broken


def _spaced(token: re.Match[str]) -> str:
    return f"{token[0][0]} {token[0][1:]}"


def _parted(colon: re.Match[str]) -> str:
    """The colon, with a space before it where it ends the name of a turn."""
    text, at = colon.string, colon.start()
    if not text[max(0, at - _LONGEST) : at].lower().endswith(_ENDS):
        return colon[0]
    word = _WORD.search(text, max(0, at - 12), at)
    if word is None:
        return colon[0]
    name = word[0].lower()
    before = text[max(0, word.start() - AROUND) : word.start()].rstrip(" \t")
    opens = word[0] in _WITHIN or (
        before.endswith("##") if before and before[-1] not in _LINE_ENDS else name in _FIRST
    )
    return f" {colon[0]}" if opens and name in _HEADED else colon[0]
