"""Rows for other people's trainers: one file a format, the reading and filtering before them."""
