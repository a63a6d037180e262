"""Hip and knee rotation from thigh and shank motion sensors, with uncertainty."""

__version__ = "0.1.0"
