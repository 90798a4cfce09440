"""What PHP keeps in memory."""
