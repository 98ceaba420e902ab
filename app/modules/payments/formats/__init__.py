"""Files of banks, read and written: bytes to plain values of `domain.bank` and back; no database, no network, no clock."""
