"""The only SQL of the system: PostgreSQL, its schema and its queries."""
