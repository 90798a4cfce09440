"""What rules and probes both know of code in memory: how fresh it is, what runs it, what was loaded."""
