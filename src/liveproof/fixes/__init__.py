"""Builders of steps that several rules share. Pure."""
