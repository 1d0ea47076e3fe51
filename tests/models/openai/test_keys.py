"""Keys are found by host and never shown."""

import copy
import pickle

import pytest

from crosslight.models.openai import keys

SECRET = "sk-proj-abcdef123456"


@pytest.fixture(autouse=True)
def no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in list(os.environ):
        if name.startswith(keys.PREFIX) or name == "OPENAI_API_KEY":
            monkeypatch.delenv(name)
    monkeypatch.setattr(keys, "_from_keyring", lambda host: "")


def test_a_key_is_found_by_host_and_port(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CROSSLIGHT_API_KEY_API_EXAMPLE_ORG", " one ")
    monkeypatch.setenv("CROSSLIGHT_API_KEY_LOCALHOST_8000", "two")
    assert keys.find("https://api.example.org/v1").headers() == {"Authorization": "Bearer one"}
    assert keys.find("http://localhost:8000/v1").headers() == {"Authorization": "Bearer two"}
    assert keys.find("http://localhost:8001/v1").headers() == {}


def test_openai_api_key_goes_to_openai_only(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", SECRET)
    assert keys.find("https://api.openai.com/v1")
    for url in (
        "https://api.openai.com.evil.example/v1",
        "https://evil.example/api.openai.com/v1",
        "http://localhost:8000/v1",
    ):
        assert not keys.find(url)


def test_a_key_does_not_show() -> None:
    key = keys.Key(SECRET)
    assert SECRET not in f"{key} {key!r} {[key]!r}"
    for call in (pickle.dumps, copy.copy, copy.deepcopy):
        with pytest.raises(TypeError):
            call(key)


def test_texts_are_blanked() -> None:
    key = keys.Key("plainsecret")
    text = key.blank(f"key plainsecret, and {SECRET}, and Bearer zzz")
    assert "plainsecret" not in text
    assert SECRET not in text
    assert "zzz" not in text


def test_keys_of_other_makers_are_blanked_too() -> None:
    for key in ("AIzaSyA1234567890abcdef", "hf_abcdefghij", "gsk_1234567890"):
        assert key not in keys.Key("").blank(f"refused: {key}")
