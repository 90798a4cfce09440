"""Laravel."""
