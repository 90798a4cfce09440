"""The site: docs/ by Sphinx, with nothing that a reader's browser would load from elsewhere."""
