"""Rules of payments: what a bank tells, what it is told, and which line of a statement belongs to which payment."""
