"""Signed statements that others can verify: what a release is made of, and what held on a host."""
