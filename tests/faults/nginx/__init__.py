"""Faults of nginx."""
