"""The viewer's server: pages of rows, pictures and reviews, for a browser on this machine."""
