"""Builds Debian packages of liveproof with the locked libraries, one for each suite: `make deb`."""
