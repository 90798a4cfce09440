"""What rules and probes both know of server blocks and the addresses behind them."""
