"""What can go wrong with the files a run rests on."""

from crosslight.records import CrosslightError


class StoreError(CrosslightError):
    """A store cannot be read or written. `hint` says what a person can do about it."""
