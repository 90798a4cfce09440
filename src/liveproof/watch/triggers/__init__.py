"""What makes the watcher look: the clock, events, and the end of a deploy."""
