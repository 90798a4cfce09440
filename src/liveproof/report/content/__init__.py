"""What reports are made of: each part of a report once, for every format."""
