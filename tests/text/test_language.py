"""Which language: enough to see that a reply is in another one than its question."""

import pytest

from crosslight.text import language_of

TOLD = {
    "en": "What is this here, and how do I clean it without a scratch?",
    "es": "Lo siento, no puedo ayudar con eso porque no es una buena idea.",
    "fr": "Je ne peux pas vous aider avec ce que vous avez dans la main.",
    "de": "Das ist nicht gut, ich würde mit ihr reden und es lassen.",
    "pt": "Desculpe, eu não posso ajudar com isso, mas você pode falar com um amigo.",
    "it": "Non è una buona idea, ma con un amico si può parlare di questo.",
    "nl": "Het is niet een goed idee, maar je kunt met hem praten.",
    "sv": "Jag kan inte hjälpa dig med det, men du kan fråga en vän.",
    "pl": "Nie mogę w tym pomóc, ale to jest dobry pomysł, że pytasz.",
    "tr": "Bu konuda yardımcı olamam, ama ben bir arkadaş ile konuşmak için bu yolu seçerdim.",
    "id": "Maaf, saya tidak bisa membantu dengan itu, tetapi anda bisa bertanya.",
    "vi": "Tôi không thể giúp bạn với việc này, nhưng có những cách khác được.",
    "kana": "これは犬です。散歩に行きましょう。",
    "cjk": "这是什么东西？",
    "hangul": "이것은 무엇입니까?",
    "cyrillic": "Что это здесь такое?",
    "arabic": "ما هذا هنا؟",
    "thai": "นี่คืออะไร",
    "devanagari": "यह क्या है?",
}


@pytest.mark.parametrize("name", TOLD)
def test_told(name: str) -> None:
    assert language_of(TOLD[name]) == name


@pytest.mark.parametrize(
    "text",
    ["", "42", "Okay!", "Kodak Ektachrome 100", "🙂🙂", "no no no", "Café Müller, 3 km", "x = y"],
)
def test_not_told(text: str) -> None:
    assert language_of(text) == ""


def test_a_word_of_another_language_changes_nothing() -> None:
    assert language_of("The sign says 'défense d'entrer', which is French for keep out.") == "en"
    assert language_of("What does 出口 mean, and is this the way to it?") == "en"


def test_a_long_text_is_read_in_no_time() -> None:
    assert language_of("the and of is " * 200_000) == "en"
