"""What was spent before Outlay or beside it, taken in from files."""
