"""Joint angles and segment tilts from segment orientations."""
