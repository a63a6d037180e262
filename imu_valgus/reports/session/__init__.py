"""Report of one session."""
