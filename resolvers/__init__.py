"""Batch functions: keys in, one answer per key out, one statement however many keys. The one way to reach data."""
