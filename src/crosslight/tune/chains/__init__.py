"""Reasoning chains as SFT targets: what is seen, what is asked, what the two mean together."""
