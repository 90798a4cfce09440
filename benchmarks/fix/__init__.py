"""What the ways of renewing PHP's code cost on a host whose PHP-FPM nobody tuned; `python -m benchmarks.fix`."""
