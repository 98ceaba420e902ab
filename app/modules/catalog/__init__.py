"""What is bought again and again: items, and what each supplier asks for them."""
