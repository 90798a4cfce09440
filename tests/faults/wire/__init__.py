"""Faults of wire."""
