"""What rules and probes both know of Laravel and Composer."""
