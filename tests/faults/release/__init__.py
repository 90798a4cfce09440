"""Faults of release."""
