"""The demo commands: synthetic sessions with known truth."""
