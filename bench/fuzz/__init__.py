"""A fuzz run: requests of every kind, right and wrong, against a served gateway, and what must hold of every answer."""
