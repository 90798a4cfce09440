"""Faults of workers."""
