"""Files of a host as the kernel has them: read, walked, compared, never changed."""
