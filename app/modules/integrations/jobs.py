"""Batch work of the machinery itself: the removal of old traces, every night."""

from __future__ import annotations

from app.infra import retention

retention.declare()
