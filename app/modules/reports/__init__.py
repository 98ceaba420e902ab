"""What is told of all the others together: figures that open to the rows that make them."""
