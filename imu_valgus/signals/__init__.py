"""Bring the samples of all sensors onto one uniform clock, and tell how complete they are."""
