"""Drawings; plot functions take values and axes, and return the axes."""
