"""Who and what the organisation consists of: entities, cost centres, people, and the codes everything else uses."""
