"""XML of strangers: taken apart without fetching or believing anything, and read into exact values."""
