"""What `liveproof watch` must stand: faults that are told in time, floods, kills and trouble, and nothing lost."""
