"""Rules of statements: plain values in, values or problems out."""
