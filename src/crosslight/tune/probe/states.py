"""Hidden states of a model that reads a request, and begins to answer it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

AFTER = 3
"""Tokens of the answer that stand when its second state is taken."""


@dataclass(frozen=True, slots=True)
class States:
    """The last layer at the last token: when the request was read (`asked`), and when the model
    was about to say its third token (`begun`); and the answer as far as it went."""

    asked: NDArray[np.float32]
    begun: NDArray[np.float32]
    answer: str


def asked_of(text: str, pictures: int) -> list[dict[str, Any]]:
    """A question with its pictures before it, as messages."""
    content = [*({"type": "image"} for _ in range(pictures)), {"type": "text", "text": text}]
    return [{"role": "user", "content": content}]


def prepared(processor: Any, messages: Sequence[dict[str, Any]], pictures: Sequence[Any]) -> Any:
    """One request as tensors, up to where the answer begins."""
    text = processor.apply_chat_template([*messages], tokenize=False, add_generation_prompt=True)
    images = {"images": [[*pictures]]} if pictures else {}
    return processor(text=[text], return_tensors="pt", add_special_tokens=False, **images)


def states_of(model: Any, processor: Any, inputs: Any, tokens: int) -> States:
    """Let the model begin its answer, greedily. One row at a time: padding moves the states."""
    import torch

    inputs = {name: value.to(model.device) for name, value in inputs.items()}
    with torch.no_grad():
        made = model.generate(
            **inputs,
            max_new_tokens=max(AFTER, tokens),
            do_sample=False,
            output_hidden_states=True,
            return_dict_in_generate=True,
        )
    steps = made.hidden_states
    start = inputs["input_ids"].shape[1]
    answer = processor.tokenizer.decode(made.sequences[0, start:], skip_special_tokens=True)
    return States(_last(steps[0]), _last(steps[min(AFTER, len(steps)) - 1]), answer)


def _last(layers: Any) -> NDArray[np.float32]:
    state: NDArray[np.float32] = layers[-1][0, -1].float().cpu().numpy()
    return state
