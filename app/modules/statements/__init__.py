"""Statements: what banks say was booked, held against what was paid, with a reason for every line."""
