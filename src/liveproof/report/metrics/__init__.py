"""A run as Prometheus metrics: their names, their values, and the text that Prometheus reads.

What was not seen has no series: 0 always means that 0 was seen.
"""
