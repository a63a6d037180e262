"""Measurements of what the package claims, each figure beside known truth or a peer."""
