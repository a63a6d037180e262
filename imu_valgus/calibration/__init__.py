"""Sensor errors, and how each sensor sits on its segment."""
