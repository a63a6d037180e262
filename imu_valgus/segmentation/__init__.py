"""Find what was done and when: walking bouts, gait events, strides and repetitions."""
