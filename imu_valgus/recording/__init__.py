"""Bring what was recorded onto one clean, uniform clock."""
