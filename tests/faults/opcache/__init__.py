"""Faults of opcache."""
