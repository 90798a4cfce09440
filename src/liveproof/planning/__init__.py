"""Findings to a plan, and whether it did what it was made for. Pure."""
