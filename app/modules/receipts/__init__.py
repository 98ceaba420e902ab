"""Receipts: what arrived of an order, what was accepted, and what went back."""
