"""What a valid row of each slice looks like: FORMS, ARGUMENTS and ways to states, read by tests/making.py."""
