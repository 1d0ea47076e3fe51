"""What a picture's file holds beside its pixels: found, named, and left out."""
