"""Somebody needs something: what, why, for which cost centre, and who agreed."""
