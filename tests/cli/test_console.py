"""Errors as a person reads them."""

import errno

import pytest

from crosslight.cli.console import fail, out, say_error


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "free some space"),
        (OSError(errno.EROFS, "Read-only file system", "runs/x"), "another place"),
        (PermissionError(errno.EACCES, "Permission denied", "/runs"), "that you may write to"),
        (KeyError("x"), "defect of ours"),
    ],
)
def test_what_a_disk_refuses_comes_with_a_remedy(
    error: Exception, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        fail(error)
    told = capsys.readouterr().err
    assert says in told and told.startswith("error:")


def test_text_of_an_error_is_not_read_as_markup(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        fail(ValueError("no folder [/red] here"))
    assert "no folder [/red] here" in capsys.readouterr().err


def test_a_spec_is_no_emoji(capsys: pytest.CaptureFixture[str]) -> None:
    say_error("no model hf:x:y", "name one like hf:tiger:x")
    out.print("hf:x:y")
    told = capsys.readouterr()
    assert "hf:x:y" in told.err and "hf:tiger:x" in told.err
    assert told.out == "hf:x:y\n"
