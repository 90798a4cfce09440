"""Which release is on disk."""
