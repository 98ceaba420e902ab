"""Rules of notifications: what is told of, in which words, and how often it is tried."""
