"""Notifications: what people are told of what others did, on which channel, and whether it reached them."""
