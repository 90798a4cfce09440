"""What a release is made of, as others can verify it."""
