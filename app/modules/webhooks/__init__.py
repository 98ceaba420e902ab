"""Webhooks: servers of others that are told what happens here, in order and at least once."""
