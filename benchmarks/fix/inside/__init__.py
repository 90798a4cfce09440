"""Programs that this bench runs on a host, as root there, with the host's own Python and liveproof's own looks."""
