"""Waits until a deploy is live: looks at the host, and again when something happens. It cannot repair."""
