"""The vocabulary of the business, in the standard library alone."""
