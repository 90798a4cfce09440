"""Take back what a run did, from its journal: one step, a whole run."""
