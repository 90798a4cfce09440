"""Values: facts, findings, plans, settings and secrets, frozen and without a host."""
