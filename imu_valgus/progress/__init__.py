"""Weeks beside each other: repeatability, before and after, trend. Pure statistics, no files."""
