"""Readers of strangers' files on broken ones: `make fuzz`, and a short run among the tests.

A target is one file in `targets/` with a `TARGET`: what it reads, files to break, and the outcomes
that it declares. Nothing else needs to know of it.
"""
