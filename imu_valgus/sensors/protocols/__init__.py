"""What the bytes of each sensor family mean: pure functions, no radio."""
