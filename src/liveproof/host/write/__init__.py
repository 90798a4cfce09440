"""Changing a host. Only repair may import this room, and cli for ``php_probe``."""
