"""The one place the version is written down."""

__version__ = "0.1.0"

PROTOCOL = 1
"""Version of the messages between page and kernel; raised when old and new cannot talk."""
