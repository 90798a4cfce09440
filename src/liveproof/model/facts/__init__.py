"""Facts: what was seen of a host. One file per probe; every value is frozen and comes from JSON and goes to JSON."""
