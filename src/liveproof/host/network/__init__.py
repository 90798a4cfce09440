"""Sockets of a host, and requests to its own servers."""
