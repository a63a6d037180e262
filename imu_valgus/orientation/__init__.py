"""Sensor-to-earth orientation by interchangeable fusion engines."""
