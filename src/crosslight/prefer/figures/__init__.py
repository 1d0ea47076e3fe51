"""What the comparisons of a run say of annotator and responders: all of it beside the pairs."""
