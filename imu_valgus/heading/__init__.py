"""Relative heading of neighbouring segments without a magnetometer."""
