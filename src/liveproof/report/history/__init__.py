"""What happened on a host, for `liveproof history`: told in the order of time, as JSON, or drawn."""
