"""Sensors that do not exist, for the demo, the tests and the benchmark of the recorder."""
