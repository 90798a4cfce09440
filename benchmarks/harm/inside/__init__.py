"""Programs that the harm bench runs on a host, as root there, with the host's own Python."""
