"""Authentication: sessions, passwords, login throttling, and the audit of page views."""
