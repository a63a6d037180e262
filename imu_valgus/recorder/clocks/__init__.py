"""Puts the samples of every sensor on the clock of the recording."""
