"""Simulated sensors for the demo, the tests and the benchmark of the recorder."""
