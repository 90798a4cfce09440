"""Pages of docs/reference, made from what they describe."""
