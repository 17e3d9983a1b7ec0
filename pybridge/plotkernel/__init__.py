"""A graphing calculator as a kernel."""
