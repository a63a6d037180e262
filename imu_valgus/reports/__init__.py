"""Self-contained reports written from the results of an analysis."""
