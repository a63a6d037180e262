"""Find what was done and when: standing, walking, strides, repetitions."""
