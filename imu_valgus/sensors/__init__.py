"""Talk to Bluetooth LE motion sensors: the radio, a driver per model, the bytes they send."""
