"""Drawings: every function takes values and axes and returns the axes."""
