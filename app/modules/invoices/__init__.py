"""What suppliers ask to be paid: read, matched, explained, approved, posted."""
