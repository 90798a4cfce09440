"""Processes of a host and whom they run as; running a command as another user."""
