"""The answer on the wire."""
