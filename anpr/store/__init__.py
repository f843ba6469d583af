"""The only SQL of the system: PostgreSQL, its schema, and what may be asked of it."""
