"""The seed's own script and ten commands as the peer of liveproof."""
