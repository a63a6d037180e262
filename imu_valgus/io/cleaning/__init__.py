"""Turns the rows of a file into samples that can be trusted, and reports every repair."""
