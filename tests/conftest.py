"""Settings of all tests."""

import pytest
from hypothesis import settings

# A slow machine is no bug.
settings.register_profile("pybridge", deadline=None)
# pytest --hypothesis-profile=long
settings.register_profile("long", deadline=None, max_examples=10_000)
settings.load_profile("pybridge")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--browser",
        choices=("chromium", "firefox"),
        default="chromium",
        help="which one the tests in tests/browser drive; some need Chromium",
    )
