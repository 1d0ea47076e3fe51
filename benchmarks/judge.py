"""What judging an image costs: many questions on one image, and the calls of a constitution.

Run: python benchmarks/judge.py [--questions 40] [--sample 4] [--runs 3] [--tiles one,many]

Part 1 builds a vision-language model of SmolVLM-256M's size with random weights, in memory, and
asks one image 40 questions: by one full prompt a question, behind a shared prefix, and packed into
one sequence. Full prompts are slow, so only a sample of the questions is asked that way and the
time is scaled up; the prefixes are measured whole, reading the image included. Other programs
disturb: of each way the best of some runs counts, and CPU seconds stand beside those of the clock.
Part 2 judges one image by the 14-rule constitution with the same model and counts: questions of
the judge, forward passes that they took, and what asking each measurement of each precondition by
a prompt of its own would take. Random weights make random answers: the counts are of this run.
"""

import argparse
import asyncio
import os
import platform
import tempfile
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers as tf
from PIL import Image
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from crosslight.flow import Context
from crosslight.judge.asking import Models
from crosslight.judge.config import JudgeConfig
from crosslight.judge.methods import Plan, plan_for
from crosslight.judge.panel import Panel
from crosslight.judge.views import Views
from crosslight.models.hf.families import FAMILIES, Parts
from crosslight.models.hf.model import HfModel
from crosslight.models.hf.network import Network
from crosslight.models.hf.options import Vocabulary
from crosslight.models.hf.prompt import Renderer
from crosslight.models.hf.score import Method, Scorer
from crosslight.models.hf.selftest import Report
from crosslight.models.message import Message, user
from crosslight.models.protocol import Choice, ModelCard
from crosslight.policy.compiled import read_policy
from crosslight.records import ImageView
from crosslight.store import ImageStore

CONSTITUTION = "clue14"
SPECIAL = ["<image>", "<fake_token_around_image>", "<global-img>", "<end_of_utterance>"]
TEMPLATE = (
    "<|im_start|>{% for m in messages %}{{ m['role'] | capitalize }}:{% for c in m['content'] %}"
    "{% if c['type'] == 'image' %}<image>{% else %} {{ c['text'] }}{% endif %}{% endfor %}"
    "<end_of_utterance>\n{% endfor %}{% if add_generation_prompt %}Assistant:{% endif %}"
)


def tokenizer_of(texts: list[str]) -> Any:
    """Byte-level BPE of the texts that are asked, so that a word is a token or two."""
    raw = Tokenizer(models.BPE(unk_token=None))
    raw.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    raw.decoder = decoders.ByteLevel()
    places = [f"<row_{r}_col_{c}>" for r in range(1, 7) for c in range(1, 7)]
    special = ["<|im_start|>", "<|im_end|>", *SPECIAL, *places]
    trainer = trainers.BpeTrainer(
        vocab_size=4000,
        special_tokens=special,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    raw.train_from_iterator(texts, trainer)
    made = tf.PreTrainedTokenizerFast(
        tokenizer_object=raw,
        eos_token="<|im_end|>",
        pad_token="<|im_end|>",
        additional_special_tokens=[*SPECIAL, *places],
    )
    made.chat_template = TEMPLATE
    return made


def model_of(tokenizer: Any) -> Any:
    """SmolVLM-256M's sizes: 30 layers of 576, 9 heads on 3; eyes of 12 layers of 768, 512 px."""
    torch.manual_seed(0)
    text = {
        "model_type": "llama",
        "hidden_size": 576,
        "intermediate_size": 1536,
        "num_hidden_layers": 30,
        "num_attention_heads": 9,
        "num_key_value_heads": 3,
        "head_dim": 64,
        "vocab_size": 49280,
        "max_position_embeddings": 8192,
    }
    vision = {
        "hidden_size": 768,
        "intermediate_size": 3072,
        "num_hidden_layers": 12,
        "num_attention_heads": 12,
        "image_size": 512,
        "patch_size": 16,
    }
    config = tf.Idefics3Config(
        text_config=text,
        vision_config=vision,
        scale_factor=4,
        tie_word_embeddings=False,
        image_token_id=tokenizer.convert_tokens_to_ids("<image>"),
    )
    return tf.Idefics3ForConditionalGeneration(config).eval().requires_grad_(False)


def opened(model: Any, tokenizer: Any, folder: Path, *, split: bool, method: Method) -> HfModel:
    """The model as `hf:` opens it, without files of weights."""
    family = FAMILIES["idefics3"](Parts(model, tokenizer, folder, split))
    scorer = Scorer(Network(model, family), method, 1024 * 2**20)
    return HfModel(
        scorer,
        Renderer(tokenizer, TEMPLATE, family),
        Vocabulary(tokenizer),
        tokenizer,
        card=ModelCard("hf:random-256m", "random-256m"),
        report=Report(method, {}),
    )


def picture(width: int, height: int) -> bytes:
    """A JPEG of coloured blocks."""
    blocks = np.random.default_rng(0).integers(0, 255, (24, 32, 3), np.uint8)
    image = Image.fromarray(blocks).resize((width, height), Image.Resampling.BICUBIC)
    out = BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


def plans() -> Plan:
    """The 14 rules with what a run on this model has: no encoder, no detector, no reasoning."""
    constitution, compiled = read_policy(CONSTITUTION)
    return plan_for(constitution, compiled, JudgeConfig(method="paper", without=("cascade",)))


def prompts_of(plan: Plan) -> list[str]:
    """All questions of the constitution as they are asked."""
    asked = [q.prompt for rule in plan.rules for item in rule.items for q in item]
    return list(dict.fromkeys(asked))


def timed(
    model: HfModel, dialogues: list[list[Message]], runs: int = 1
) -> tuple[torch.Tensor, float, float]:
    """Logits, and the best seconds by the clock and of CPU, from nothing: the image is prepared
    and read anew."""
    took = []
    for _ in range(runs):
        model._renderer._seen.clear()
        model._open().prefixes.clear()
        began = time.perf_counter(), time.process_time()
        logits = asyncio.run(model.first_logits(dialogues))
        took.append((time.perf_counter() - began[0], time.process_time() - began[1]))
    return logits, min(wall for wall, _ in took), min(cpu for _, cpu in took)


def part_1(model: Any, tokenizer: Any, folder: Path, texts: list[str], args: Any) -> None:
    """One image, many questions."""
    for name in args.tiles.split(","):
        split = name == "many"
        view = ImageView("bench", "2048x1536", picture(2048, 1536), 2048, 1536)
        dialogues = [[user(text, view)] for text in texts]
        step = max(1, len(dialogues) // args.sample)
        sample = dialogues[::step][: args.sample]
        base = opened(model, tokenizer, folder, split=split, method="full")
        tokens = len(base._renderer.prompt(dialogues[0]).ids)
        timed(base, sample[:1])  # the first call of all is slower
        one = [timed(base, [dialogue]) for dialogue in sample]
        truth = torch.cat([logits for logits, _, _ in one])
        full, full_cpu = (min(run[at] for run in one) * len(dialogues) for at in (1, 2))
        told = f"{len(dialogues)} questions, {tokens} tokens a prompt"
        print(f"\n{13 if split else 1} tile(s) of 512 px, {told}")
        head = f"{'method':<14}{'seconds':>9}{'ratio':>7}{'CPU s':>9}{'ratio':>7}"
        print(f"  {head}  largest difference of a logit")
        print(
            f"  {'full prompts':<14}{full:>9.1f}{1:>7.1f}{full_cpu:>9.1f}{1:>7.1f}"
            f"  (from {len(sample)} of them)"
        )
        spread = float((truth[0] - truth[-1]).abs().max())
        methods: tuple[Method, ...] = ("prefix", "packed")
        for method in methods:
            fast = opened(model, tokenizer, folder, split=split, method=method)
            logits, wall, cpu = timed(fast, dialogues, args.runs)
            off = float((logits[::step][: args.sample] - truth).abs().max())
            print(
                f"  {method:<14}{wall:>9.2f}{full / wall:>7.1f}{cpu:>9.2f}{full_cpu / cpu:>7.1f}"
                f"  {off:.1e} (another question: {spread:.2f})",
                flush=True,
            )


async def part_2(model: HfModel, plan: Plan, folder: Path) -> None:
    """Calls of the 14-rule constitution on one image, as the judge asks them."""
    images = ImageStore(folder / "images", fsync=False)
    photo = images.put(picture(1024, 768))
    config = JudgeConfig(method="paper", without=("cascade",))
    every = [q for rule in plan.rules for item in rule.items for q in item]
    print(f"\n{len(plan.rules)} rules, {len(every)} preconditions, one image, no relevance scan")
    print(f"  naive: with and without the image, a prompt each{2 * len(every):>30} prompts")
    for name, nothing in (("nothing is visible", True), ("nothing is decided", False)):
        counted = _Counted(model, nothing)
        judge: Any = counted
        panel = Panel(plan, config, Models(judge))
        ctx = Context({"judge": judge}, images, 0)
        before, began = model.passes, time.perf_counter()
        await panel.rules([Views(ctx, photo, 768, 85, 0.2)])
        seconds = time.perf_counter() - began
        shown = f"{counted.calls - counted.blind} with the image, {counted.blind} without"
        print(f"  judge, {name}: {shown:>34}, {model.passes - before:>3} passes, {seconds:.1f} s")
    print("  (questions without an image are asked once for all images)")


class _Counted:
    """Counts `choose` calls, each question once, as the store has it. `nothing`: the answers are
    those of a sure model that sees nothing of what is asked; else they are the random model's."""

    def __init__(self, model: HfModel, nothing: bool) -> None:
        self.card, self.capabilities = model.card, model.capabilities
        self.calls = self.blind = 0
        self._model = model
        self._nothing = nothing
        self._known: dict[Any, asyncio.Task[Choice]] = {}

    async def choose(
        self, messages: list[Message], options: tuple[str, ...], *, task: str = ""
    ) -> Choice:
        key = (tuple(messages), tuple(options))
        if key not in self._known:
            self.calls += 1
            self.blind += not messages[-1].images
            self._known[key] = asyncio.ensure_future(self._model.choose(messages, options))
        answer = await self._known[key]
        if not self._nothing:
            return answer
        yes = 0.01 if messages[-1].images else 0.3
        return Choice({options[0]: yes, options[1]: 1 - yes}, 0.0)


def machine() -> str:
    """Processor, cores and versions."""
    model = next(
        (line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")),
        platform.processor(),
    )
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return f"{model}, {torch.get_num_threads()} threads of {os.cpu_count()}, {load}; " + (
        f"torch {torch.__version__}, transformers {tf.__version__}"
    )


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def main() -> None:
    """Both parts."""
    parser = argparse.ArgumentParser(description="What judging one image costs.")
    parser.add_argument("--questions", type=int, default=40)
    parser.add_argument("--sample", type=int, default=4)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--tiles", default="one,many")
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args()
    if args.threads:
        torch.set_num_threads(args.threads)
    plan = plans()
    texts = prompts_of(plan)
    tokenizer = tokenizer_of(texts * 4)
    print(machine())
    model = model_of(tokenizer)
    size = sum(p.numel() for p in model.parameters())
    print(f"random weights, {size / 1e6:.0f} million, {model.dtype}")
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        from transformers.models.idefics3.image_processing_pil_idefics3 import (
            Idefics3ImageProcessorPil,
        )

        eyes = Idefics3ImageProcessorPil(
            size={"longest_edge": 2048}, max_image_size={"longest_edge": 512}
        )
        eyes.save_pretrained(folder)
        model.config.save_pretrained(folder)
        part_1(model, tokenizer, folder, (texts * 40)[: args.questions], args)
        one = opened(model, tokenizer, folder, split=False, method="packed")
        asyncio.run(part_2(one, plan, folder))


if __name__ == "__main__":
    main()
