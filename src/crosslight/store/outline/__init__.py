"""What a picture would cost, read from its structure: nothing is decoded."""
