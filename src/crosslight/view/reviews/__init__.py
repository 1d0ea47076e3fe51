"""What reviewers say of rows: one line an act, kept for good, and what can be read out of them."""
