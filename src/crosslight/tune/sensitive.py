"""Why a row that is marked sensitive is left out, in all methods of `tune`."""

MARKED = "marked sensitive: --include-sensitive takes it"
