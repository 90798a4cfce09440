"""Carry out the steps of a plan: each is looked at, written down, done, and looked at again."""
