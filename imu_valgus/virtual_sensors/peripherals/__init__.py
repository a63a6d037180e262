"""Virtual sensors, one module per model: each answers like the real one."""
