"""Control tokens of model families in text of strangers."""

import time

import pytest

from crosslight.text import breaker, has_control, without_control

TOKENS = (
    # ChatML, Qwen
    *("<|im_start|>", "<|im_end|>", "<|endoftext|>", "<|vision_start|>", "<|vision_end|>"),
    *("<|image_pad|>", "<|video_pad|>", "<|object_ref_start|>", "<|box_start|>"),
    # Llama 3, Llama 2, Mistral
    *("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>", "<|eom_id|>"),
    *("<|python_tag|>", "<|image|>", "<|reserved_special_token_12|>"),
    *("[INST]", "[/INST]", "<<SYS>>", "<</SYS>>", "<s>", "</s>", "<unk>", "<0x0A>"),
    *("[IMG]", "[IMG_BREAK]", "[IMG_END]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[TOOL_RESULTS]"),
    *("[SYSTEM_PROMPT]", "[/SYSTEM_PROMPT]", "[THINK]", "[ARGS]"),
    # Gemma, PaliGemma
    *("<start_of_turn>", "<end_of_turn>", "<bos>", "<eos>", "<pad>", "<start_of_image>"),
    *("<image_soft_token>", "<|turn>", "<turn|>", "<loc0123>", "<unused99>"),
    # Phi, gpt-oss, Command, GLM, Granite
    *("<|user|>", "<|assistant|>", "<|system|>", "<|end|>", "<|image_1|>", "<|channel|>"),
    *("<|START_OF_TURN_TOKEN|>", "<|observation|>", "[gMASK]", "<sop>", "<|start_of_role|>"),
    # DeepSeek
    *("<｜begin▁of▁sentence｜>", "<｜User｜>", "<｜Assistant｜>", "<｜tool▁calls▁begin｜>"),
    *("<|ref|>", "<|grounding|>"),
    # LLaVA, Idefics, InternVL, MiniCPM, llama.cpp
    *("<image>", "<fake_token_around_image>", "<global-img>", "<row_1_col_2>"),
    *("<end_of_utterance>", "<img>", "</img>", "<IMG_CONTEXT>", "<__media__>", "<__image__>"),
    # reasoning, tools
    *("<think>", "</think>", "<tool_call>", "</tool_call>", "<tool_response>", "<tools>"),
)
TURNS = (
    *("USER:", "ASSISTANT:", "hi ASSISTANT: Yes", "User: hi", "x\nAssistant: No", "\n\nHuman: a"),
    *("x\r  system: y", "### Response:", "x ### Assistant: y", "SYSTEM:", "x\u2028user: y"),
)
ORDINARY = (
    *("a < b | c > d", "<b>bold</b>", "a user: her rights", "[1] see [IMAGE] and [sic]", "<3"),
    *("x <- y |> f", "if a<b|c>d", "https://a.example/?x=<y>", "The system: a pump", ""),
    *("Is this safe? (A) Yes (B) No", "{}[]<>||", "2 << 3 >> 1", "e-mail <me@home>", "`<div>`"),
    *("Der Assistent: hilfreich", "操作系统：好", "my assistant: Tom"),
)


@pytest.mark.parametrize("token", TOKENS)
@pytest.mark.parametrize("around", ["{}", "a{}b", "<{}>", "{0}{0}", "<|{}|>", "«{}\n", "[{}]"])
def test_a_token_is_broken_and_stays_readable(token: str, around: str) -> None:
    text = around.format(token)
    broken = without_control(text)
    assert token not in broken
    assert has_control(text) and not has_control(broken)
    assert broken.replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", TURNS)
def test_turns_in_plain_words_are_broken(text: str) -> None:
    broken = without_control(text)
    assert broken != text and without_control(broken) == broken
    assert broken.replace(" :", ":") == text


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_text_is_left(text: str) -> None:
    assert without_control(text) == text


def test_tokens_of_a_vocabulary_are_broken_too() -> None:
    broken = breaker(["<MY_TURN>", "@@end@@", "aba", " ", "\n\n", "x", "<|im_end|>"])
    assert broken("<MY_TURN>hi@@end@@ \n\n x") == "< MY_TURN>hi@ @end@@ \n\n x"
    assert "aba" not in broken("abababa")
    assert broken("<|im_end|>") == "< |im_end|>"


@pytest.mark.parametrize("part", ["<", "<|", "<<", "[", "###", "<|a", "USER", "\n ", "<｜a▁"])
def test_a_text_made_to_be_slow_is_not(part: str) -> None:
    start = time.process_time()
    without_control(part * (200_000 // len(part)))
    assert time.process_time() - start < 2
