"""The slices, in the order of the process."""
