"""Measure what the package claims: known truth or a peer beside every figure."""
