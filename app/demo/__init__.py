"""Fills an empty database with a believable company, twelve months old; the same seed gives the same company."""

from __future__ import annotations

from app.demo.seeding import seed, sign_ins

PASSWORD = "halden instruments demo"  # noqa: S105

__all__ = ["PASSWORD", "seed", "sign_ins"]
