"""The only doors to a machine: reading, writing, recording, FastCGI."""
