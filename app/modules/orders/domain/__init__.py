"""Rules of orders; pure."""
