"""Git, by plumbing alone."""
