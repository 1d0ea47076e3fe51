"""One file a kind of run."""
