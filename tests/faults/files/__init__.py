"""Faults of files."""
