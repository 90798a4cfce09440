"""What liveproof puts on a host when it is installed there: units, completions, man pages, log rotation."""
