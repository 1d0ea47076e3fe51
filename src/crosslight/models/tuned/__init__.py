"""Judges that `crosslight tune judge` made: a linear head on vectors, or an adapter to a base."""
