"""PHP on a host: its command lines, and the probe that a pool runs for liveproof."""
