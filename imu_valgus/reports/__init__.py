"""Self-contained reports made of results; no analysis here."""
