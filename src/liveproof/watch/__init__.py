"""Keeps watch over a host: triggers, alerts and metrics. It examines in child processes only, and cannot repair."""
