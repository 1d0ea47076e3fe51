"""Which tokens of a vocabulary stand for which option, and the probabilities that follow."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch

from crosslight.models.choice import Binding, Bound

if TYPE_CHECKING:
    from torch import Tensor


class Vocabulary:
    """The texts of a tokenizer's tokens. Read once, when first asked for."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._texts: list[str] = []
        self._special = set(tokenizer.all_special_ids) | set(tokenizer.added_tokens_decoder)
        self._bound: dict[tuple[str, ...], tuple[Binding, Tensor, list[str]]] = {}

    def choose(self, logits: "Tensor", options: Sequence[str]) -> Bound:
        """Probabilities over `options` from logits (vocabulary,): all tokens count, not the likely
        ones only. Raises NotSupported, BadAnswer (see `Binding`)."""
        binding, ids, texts = self._bind(tuple(options))
        logs = torch.log_softmax(logits.double(), dim=-1)
        likeliest = int(logs.argmax())
        top = [(self.text(likeliest), -800.0)]  # named in an error; of no weight
        return binding.from_logprobs([*top, *zip(texts, logs[ids].tolist(), strict=True)])

    def text(self, token: int) -> str:
        """The text of one token; empty for one that the tokenizer does not know."""
        texts = self._all()
        return texts[token] if token < len(texts) else ""

    def piece(self, token: int) -> str:
        """The same with the blank before it, which some tokenizers leave out of a lone token."""
        text = self.text(token)
        raw = self._tokenizer.convert_ids_to_tokens(token) or ""
        return f" {text}" if raw.startswith("\u2581") and not text.startswith(" ") else text

    def _bind(self, options: tuple[str, ...]) -> tuple[Binding, "Tensor", list[str]]:
        if options not in self._bound:
            binding = Binding(options)
            found = [
                (i, text)
                for i, text in enumerate(self._all())
                if i not in self._special and binding.option(text) is not None
            ]
            ids = torch.tensor([i for i, _ in found], dtype=torch.long)
            self._bound[options] = binding, ids, [text for _, text in found]
        return self._bound[options]

    def _all(self) -> list[str]:
        if not self._texts:
            self._texts = self._tokenizer.batch_decode([[i] for i in range(len(self._tokenizer))])
        return self._texts
