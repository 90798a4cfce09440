"""liveproof proves that the code that was deployed is the code that is live."""

__version__ = "0.1.0"
