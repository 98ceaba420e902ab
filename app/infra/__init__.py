"""The machinery that touches disk, network, database and clock."""
