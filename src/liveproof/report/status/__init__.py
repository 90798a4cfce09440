"""What runs on a host, for `liveproof status`: made of facts, and shown as lines."""
