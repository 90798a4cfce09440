"""Faults of fpm."""
