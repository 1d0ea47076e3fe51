"""How a reply ended, by the words of the known providers."""

import re
from collections.abc import Mapping
from typing import Any

from crosslight.models.errors import ContentFiltered, Refused, ServerFault
from crosslight.models.openai.said import EXCERPT
from crosslight.models.protocol import Finish

_STOP = frozenset(
    {"stop", "eos", "eos_token", "end_turn", "stop_sequence", "stop_token", "complete", "completed"}
)
_LENGTH = frozenset(
    {
        *("length", "max_tokens", "max_output_tokens", "model_length", "max_length"),
        *("error_limit", "model_context_window_exceeded"),
    }
)
_FILTER = re.compile(
    r"content.?filter|safety|moderation|sensitive|blocklist|prohibited|recitation|spii|guardrail"
    r"|toxic|refusal|censor|flagged|policy|blocked|inspection"
)
"""OpenAI and Azure `content_filter`, Google `SAFETY`, `IMAGE_SAFETY`, `PROHIBITED_CONTENT`,
`BLOCKLIST`, `RECITATION`, `SPII`, Anthropic `refusal` (its classifiers stopped the stream),
Bedrock `guardrail_intervened`, Cohere `ERROR_TOXIC`, Zhipu `sensitive`."""
_FAULT = re.compile(r"error|abort|insufficient_system_resource|overload|timeout|cancel")
"""OpenRouter and Mistral `error`, vLLM `abort`, DeepSeek `insufficient_system_resource`, Zhipu
`network_error`."""


def how_it_ended(choice: Mapping[str, Any]) -> Finish:
    """`stop`, `length` or `other`.

    Raises ContentFiltered where a filter ended the reply, ServerFault where the endpoint broke off:
    then what was said is no answer.
    """
    reason = str(choice.get("finish_reason") or "stop")
    name = reason.casefold()
    if name in _STOP:
        return "stop"
    if name in _LENGTH:
        return "length"
    if _FILTER.search(name):
        raise ContentFiltered(
            f"the endpoint's content filter stopped the answer ({_told(choice, reason)})",
            hint="the row stays undecided; try another endpoint or a local model",
        )
    if _FAULT.search(name):
        raise ServerFault(
            f"the endpoint broke off the answer ({_told(choice, reason)})",
            hint="asking again may help: run the same command again",
        )
    return "other"


def refuse_refusal(choice: Mapping[str, Any]) -> None:
    """Raises Refused where the `refusal` field holds the words, and the text none.

    For questions with given answers; where any text is an answer, a refusal is one.
    """
    message = choice.get("message")
    if not isinstance(message, dict) or message.get("content"):
        return
    refusal = message.get("refusal")
    if isinstance(refusal, str) and refusal.strip():
        raise Refused(f"the model declined: {refusal[:120]!r}", hint="the row stays undecided")


def _told(choice: Mapping[str, Any], reason: str) -> str:
    """The reason, the provider's own where a router passes it on, and the categories of Azure."""
    native = choice.get("native_finish_reason")
    parts = [f"finish reason {reason}"]
    if isinstance(native, str) and native.casefold() != reason.casefold():
        parts.append(f"of the provider: {native}")
    results = choice.get("content_filter_results")
    if isinstance(results, dict):
        hit = [n for n, r in results.items() if isinstance(r, dict) and r.get("filtered")]
        parts += [f"categories: {', '.join(sorted(hit))}"] if hit else []
    text = "; ".join(parts)
    return "".join(c if c.isprintable() else " " for c in text)[:EXCERPT]
