"""Records from sensors: first into a crash-safe journal, then as a recorded session."""
