"""Is the gate right, and how soon: ways of deploying, each right and with every fault that it can have."""
