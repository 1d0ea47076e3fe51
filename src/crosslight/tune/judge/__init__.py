"""`crosslight tune judge`: rows with a label, their vectors, a head, its report card."""
