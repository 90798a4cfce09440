"""What the watcher tells Prometheus, and how it gives that out."""
