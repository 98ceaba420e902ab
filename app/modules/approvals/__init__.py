"""Who has to decide about a document, why, and what they decided."""
