"""Printed text, as a text reader gave it: is a phrase in it, a pattern, or a kind of thing?"""
