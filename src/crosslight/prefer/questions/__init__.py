"""Questions about photos: which subjects fit, what is said, and what must hold of it."""
