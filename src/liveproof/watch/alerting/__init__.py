"""Alerts on their way out: their words, the channels, and what sends them."""
