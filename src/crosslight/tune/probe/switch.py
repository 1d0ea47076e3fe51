"""The switch of SafeSwitch: where both probes say so, the answer is made by another output head."""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from crosslight.tune.probe.probe import Probe
from crosslight.tune.probe.states import AFTER, prepared, states_of


@dataclass(frozen=True, slots=True)
class Switched:
    """An answer, and why it is the one it is. `unsafe` and `complies` are probabilities; None where
    there is no such probe."""

    text: str
    switched: bool
    unsafe: float
    complies: float | None


def own_head(model: Any) -> Any:
    """A copy of the output head with weights of its own, also where they are the input embeddings'
    (tied heads): training it leaves the model as it is."""
    head = deepcopy(model.get_output_embeddings())
    head.weight = type(head.weight)(head.weight.detach().clone())
    return head


@contextmanager
def under_head(model: Any, head: Any) -> Iterator[Any]:
    """The model with this output head while the block goes on, whatever ends it."""
    former = model.get_output_embeddings()
    tied = getattr(model.config, "tie_word_embeddings", False)
    model.set_output_embeddings(head)
    # Else saving or resizing inside would tie the weights again.
    model.config.tie_word_embeddings = False
    try:
        yield model
    finally:
        model.set_output_embeddings(former)
        model.config.tie_word_embeddings = tied


@dataclass(frozen=True)
class Switch:
    """A model with its probes and the head that it answers by where both say yes.

    Without the second probe (`complies`), the first alone decides. `head` None: a set sentence.
    """

    model: Any
    processor: Any
    unsafe: Probe
    complies: Probe | None = None
    head: Any = None
    refusal: str = "I can't help with this as it stands; tell me what it is for."

    def answer(
        self, messages: Sequence[dict[str, Any]], pictures: Sequence[Any], tokens: int = 256
    ) -> Switched:
        """The model's own answer, or one under the head. Unknown states never count as harmless
        or as harm: they raise ValueError."""

        inputs = prepared(self.processor, messages, pictures)
        states = states_of(self.model, self.processor, inputs, AFTER)
        unsafe = _known(self.unsafe, states.asked)
        complies = None if self.complies is None else _known(self.complies, states.begun)
        switch = unsafe >= self.unsafe.threshold and (
            self.complies is None or (complies or 0.0) >= self.complies.threshold
        )
        if switch and self.head is None:
            return Switched(self.refusal, True, unsafe, complies)
        with under_head(self.model, self.head) if switch else nullcontext():
            text = said(self.model, self.processor, inputs, tokens)
        return Switched(text, switch, unsafe, complies)


def said(model: Any, processor: Any, inputs: Any, tokens: int) -> str:
    """The model's answer, greedily."""
    import torch

    inputs = {name: value.to(model.device) for name, value in inputs.items()}
    with torch.no_grad():
        made = model.generate(**inputs, max_new_tokens=tokens, do_sample=False)
    new = made[0, inputs["input_ids"].shape[1] :]
    return str(processor.tokenizer.decode(new, skip_special_tokens=True))


def _known(probe: Probe, state: Any) -> float:
    found = float(probe.probability(state[None])[0])
    if not math.isfinite(found):
        raise ValueError("the model's state is not finite: no probe can read it")
    return found
