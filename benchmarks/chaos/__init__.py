"""Hosts broken at random, and an oracle that knows nothing of liveproof: PROVEN must survive a cold restart."""
