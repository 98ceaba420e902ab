"""Rules and plain values of invoices; no framework, no table."""
