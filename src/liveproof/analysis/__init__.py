"""What rules and probes both know about a deploy: values in, values out. Pure."""
