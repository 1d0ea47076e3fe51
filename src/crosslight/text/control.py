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
    # <|im_start|> and all that are written so (ChatML, Llama 3, Phi, Qwen, Command, gpt-oss,
    # DeepSeek); Gemma's later half-barred <|turn> and <turn|>.
    rf"{_L}{_BAR}/?[^\s|｜<>＜＞\[\]]{{1,64}}(?:{_BAR}{_R}|{_R})"
    rf"|{_L}/?[A-Za-z][\w▁-]{{0,40}}{_BAR}{_R}"
    rf"|{_L}(?:{_NAMED}){_R}"
    rf"|{_L}{{2}}/?SYS{_R}{{2}}"
    rf"|\[(?:{_BRACKETED})\]"
)
_TURN = re.compile(
    # Turns in plain words: Vicuna and LLaVA, also within a line; Alpaca; the form that models
    # without a template are asked in. The space comes before the colon.
    r"(?:\b(?-i:USER|ASSISTANT)"
    r"|(?:^|[\n\r\v\f\x85\u2028\u2029])[ \t]*(?:user|human|assistant|system)"
    r"|\#{2,3}[ \t]*(?:user|human|assistant|system|gpt|instruction|input|output|response))"
    r"(?=[:：])",
    re.IGNORECASE,
)
KEPT = 256
ROUNDS = 8
"""Tokens of a vocabulary may overlap themselves (`aba` in `ababa`)."""


Breaker = Callable[[str], str]


@lru_cache(KEPT)
def without_control(text: str) -> str:
    """`text` with the control tokens and turn marks of the known families broken."""
    text = _TOKEN.sub(_spaced, text)
    if ":" in text or "：" in text:
        text = _TURN.sub(_parted, text)
    return text


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


def _parted(turn: re.Match[str]) -> str:
    return f"{turn[0]} "
