"""Pages about the weeks of a person."""
