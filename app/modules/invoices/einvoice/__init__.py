"""E-invoices and what suppliers send instead: bytes in, plain values and a verdict out. No database, no door."""
