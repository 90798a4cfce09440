"""Applying a plan: each step is looked at, written down, done and looked at again; proven, or rolled back."""
