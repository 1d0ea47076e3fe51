"""Tables that somebody looks at: their shape, and filter, order, search and pages over them."""
