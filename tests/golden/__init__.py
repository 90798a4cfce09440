"""Golden reports: what liveproof says of the seed's incident, word for word."""
