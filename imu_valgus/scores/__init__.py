"""Score movements with transparent training numbers, each with a version and an explanation."""
