"""The signal that a source of data is not there."""

from __future__ import annotations


class Missing(Exception):
    """A source is not on disk and cannot be fetched; the next one of `a or b` is tried."""
