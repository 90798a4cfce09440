"""Faults of laravel."""
