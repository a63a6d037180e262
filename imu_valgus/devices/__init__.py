"""Sensors: protocols (bytes), drivers (dialogue), transport (radio), recorder."""
