"""What rules and probes both know of files: whose they are, who may use them, which are judged."""
