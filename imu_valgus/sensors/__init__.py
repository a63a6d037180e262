"""Bluetooth LE motion sensors: the radio, one driver per model, and the meaning of their bytes."""
