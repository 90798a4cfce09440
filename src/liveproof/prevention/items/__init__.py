"""The items of the checklist: one file, one item."""
