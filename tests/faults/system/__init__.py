"""Faults of system."""
