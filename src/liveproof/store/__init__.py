"""What liveproof itself keeps on a host: its directory, its cache, its runs and their journals."""
