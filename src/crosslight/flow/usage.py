"""What an answer used. Where an endpoint with a price does not say, we count, so that a budget
holds."""

import math
from collections import Counter
from collections.abc import Mapping, Sized
from typing import Any

from crosslight.flow.estimate import CHARACTERS_PER_TOKEN, SAMPLE_TOKENS, prompt_tokens
from crosslight.flow.ledger import Ledger, Reading
from crosslight.flow.sound import sane_usage
from crosslight.models import Answer, Choice, ModelCard, Request, Usage
from crosslight.text import plural


def usage_of(card: ModelCard, request: Request, reply: Any) -> tuple[Usage, bool]:
    """The usage of a reply, and whether its tokens were counted by us.

    A model in this process has no endpoint and costs nothing; without a price nothing hangs on it.
    """
    told = getattr(reply, "usage", None)
    told = sane_usage(told) if isinstance(told, Usage) else Usage()
    has_price = card.usd_per_million_in is not None and card.usd_per_million_out is not None
    if not has_price or not card.endpoint:
        return told, False
    ours = _counted(request, reply)
    if told.prompt_tokens and (told.completion_tokens or not ours.completion_tokens):
        return told, False
    if told.cost_usd and not told.prompt_tokens and not told.completion_tokens:
        return told, False  # a price without tokens is a price
    return Usage(
        told.prompt_tokens or ours.prompt_tokens,
        told.completion_tokens or ours.completion_tokens,
    ), True


def usage_notes(ledger: Ledger) -> list[str]:
    """What run.json says of the calls: answers whose tokens were counted by us, answers with a
    reasoning trace, texts that were changed before they were sent, JSON that was not bare, records
    of the store that were not believed."""
    notes = [
        f"{spec} gives no token counts: those of {count:,} answers were counted by us"
        for spec, count in sorted(ledger.counted_by_us.items())
    ]
    notes += [
        f"{spec} thinks: {plural(len(keys), 'answer')} came with a reasoning trace, which is kept "
        "apart: it was neither scored nor shown to a judge"
        for spec, keys in sorted(ledger.reasoned.items())
    ]
    for spec, readings in sorted(ledger.chosen.items()):
        notes += _choice_notes(spec, readings)
    if ledger.touched:
        texts = plural(len(ledger.touched), "text")
        notes.append(f"control tokens of models were broken in {texts} before they were sent")
    notes += [
        f"{spec}: the JSON of {plural(len(keys), 'answer')} was taken out of fences or sentences, "
        "or had a comma too many: the endpoint does not enforce schemas"
        for spec, keys in sorted(ledger.unwrapped.items())
    ]
    if ledger.bad_records:
        notes.append(
            f"the store held {ledger.bad_records:,} records that are no answers (impossible "
            "numbers, or not the form): they were not believed, and asked again"
        )
    return notes


def _choice_notes(spec: str, readings: Mapping[Reading, Sized]) -> list[str]:
    """How verdicts were read where it was not simply at the first token."""
    samples: Counter[tuple[int, str]] = Counter()
    rooms: Counter[int] = Counter()
    unknown = 0
    for (method, count, room, known, why), keys in readings.items():
        if method == "samples":
            samples[count, why] += len(keys)
        rooms[room] += len(keys)
        unknown += 0 if known else len(keys)
    notes = [
        f"{plural(number, 'choice')} of {spec} by counting {count} samples each, a coarse number"
        + (f": {why}" if why else "")
        for (count, why), number in sorted(samples.items())
    ]
    notes += [
        f"{plural(number, 'choice')} of {spec} behind a reasoning trace, for which it had "
        f"{room:,} tokens of room"
        for room, number in sorted(rooms.items())
        if room
    ]
    if unknown:
        notes.append(
            f"in {plural(unknown, 'choice')} of {spec} the endpoint lists too little to know all "
            "probability: they count as an interval"
        )
    return notes


def _counted(request: Request, reply: Any) -> Usage:
    """Text by characters, its trace too, images at a flat rate, every sample of a choice and all of
    its room."""
    prompt = prompt_tokens(request)
    if isinstance(reply, Answer):
        written = len(reply.text) + len(reply.reasoning)
        return Usage(prompt, math.ceil(written / CHARACTERS_PER_TOKEN))
    if isinstance(reply, Choice):
        many = reply.samples or 1
        each = SAMPLE_TOKENS if reply.samples else 1
        # With room to think rather too many than too few: it is asked without room first.
        asked = 2 if reply.room else 1
        return Usage(prompt * many * asked, (each + reply.room) * many)
    return Usage(prompt)
