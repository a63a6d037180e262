"""Bring the samples of all sensors onto one uniform clock, and measure their quality."""
