"""Comparison of weeks: repeatability, before and after, trend. Pure statistics, no files."""
