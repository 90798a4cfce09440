"""The tests of liveproof: pure ones, and ones on real hosts."""
