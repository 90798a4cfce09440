"""Changing a host. Only repair may import this room."""
