"""Integrations: what hears every slice and carries it outside, and the work that is done later."""
