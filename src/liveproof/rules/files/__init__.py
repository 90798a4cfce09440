"""Files and their owners."""
