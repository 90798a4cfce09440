"""What systemd says of its services."""
