"""Scores of movements: transparent training numbers, each with a version and an explanation."""
