"""Settings of all tests."""

from hypothesis import settings

# A slow machine is no bug.
settings.register_profile("pybridge", deadline=None)
# pytest --hypothesis-profile=long
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.load_profile("pybridge")
