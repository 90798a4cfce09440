"""What all tests share."""

from hypothesis import settings

# An example that takes long tells how busy the machine is, nothing of the code.
settings.register_profile("liveproof", deadline=None)
settings.load_profile("liveproof")
