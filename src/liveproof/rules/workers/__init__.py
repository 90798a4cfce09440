"""PHP processes that outlive a deploy."""
