"""People, movements and sensors with known truth."""
