"""Turn the rows of a file into samples that can be trusted; every repair is reported."""
