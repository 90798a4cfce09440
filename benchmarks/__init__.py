"""Measurements against named peers, as ratios or counts, side by side."""
