"""Plots as files: one drawing, written as SVG and as PNG."""
