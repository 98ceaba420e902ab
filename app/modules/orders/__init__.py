"""Orders: what is bought from whom, at which price, and how far it has come."""
