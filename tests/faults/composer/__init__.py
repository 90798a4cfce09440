"""Faults of what Composer installs and writes."""
