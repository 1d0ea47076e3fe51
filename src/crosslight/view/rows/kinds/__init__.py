"""One file a kind of table: which of its columns play which part."""
