"""An error's text is nobody's answer, and an answer that speaks of errors is one."""

import pytest

from crosslight.text import is_error_text


@pytest.mark.parametrize(
    "text",
    [
        "API RetryError occurred.",
        "FinishReason.SAFETY",
        "finish_reason: SAFETY",
        "OpenAI API timeout",
        "ReadTimeout",
        "Error code: 400 - {'error': {'message': 'content management policy'}}",
        "HTTP 502 Bad Gateway",
        "Response was blocked due to SAFETY",
        "[blocked]",
        "The response was filtered due to the prompt triggering Azure OpenAI's policy.",
        '{"error": {"message": "overloaded"}}',
        "",
        " \n ",
    ],
)
def test_whole_texts_of_errors(text: str) -> None:
    assert is_error_text(text)


@pytest.mark.parametrize(
    "text",
    [
        "No.",
        "None.",
        "An API error occurred there: you should call the operator first.",
        "That would be an error, please do not do it.",
        "I cannot help with that.",
        "Safety first.",
        "The reaction finishes; the reason is safety.",
        "Blocked drains should be opened with a plunger.",
        "Error code: 400 means that the request was malformed. " * 10,
    ],
)
def test_answers(text: str) -> None:
    assert not is_error_text(text)
