"""Record a take from sensors: first a crash-safe journal, then a recorded session."""
