"""Live alarms: from PostgreSQL's NOTIFY to the browsers' event streams."""
