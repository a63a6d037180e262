"""Virtual sensors by model: each answers like the real one."""
