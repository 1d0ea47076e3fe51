"""Texts that stand where an answer should, and are the error of whoever was asked.

Collected answers hold them ("API RetryError occurred.", "FinishReason.SAFETY" among those of MSTS),
and routers hand them on as content. Only a whole text counts: an answer may speak of errors.
"""

import re

LONGEST = 400
"""Characters; what is longer is an answer that quotes one."""
_FORMS = (
    r"(?:(?:api|openai|anthropic|google|azure|http|request) )*\w*(?:error|exception|timeout)"
    r"(?: (?:has )?(?:occurred|raised))?",
    r"finish_?reason[.:= ]+\w+",
    r"(?:finish_?reason|candidate|response)[.:= ]+(?:was |is )?(?:blocked|empty|none|null)"
    r"(?: (?:by|due to|because of) [\w .'-]{1,80})?",
    r"(?:error|status|http)(?: code)?[ :=]+[45]\d\d\b.*",
    r"\[?(?:blocked|filtered|null|nan|no response|empty response)\]?",
    r"the response was filtered due to the prompt triggering .{0,300}",
    r"\{ ?[\"']error[\"'] ?:.*\}",
)
_WHOLE = re.compile(rf"(?:{'|'.join(_FORMS)})[.!]?", re.IGNORECASE | re.DOTALL)


def is_error_text(text: str) -> bool:
    """Whether the whole text is an error's and nobody's answer. An empty one is none either."""
    bare = " ".join(text.split())
    return not bare or (len(bare) <= LONGEST and bool(_WHOLE.fullmatch(bare)))
