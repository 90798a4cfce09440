"""nginx and what stands before it."""
