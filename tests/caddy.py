"""Caddy, where it is on PATH."""

import os
import shutil

import pytest

CADDY = shutil.which("caddy")
needs_caddy = pytest.mark.skipif(
    CADDY is None and "CADDY_REQUIRED" not in os.environ, reason="there is no Caddy here"
)
"""Tests with Caddy are skipped without it, and fail where CADDY_REQUIRED is set, as in CI."""
