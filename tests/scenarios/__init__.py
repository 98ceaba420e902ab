"""Stories as the people in them would tell them, from a need to what comes of it."""
