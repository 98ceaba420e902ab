"""Processes killed and servers taken away."""
