"""Authentication: sessions, passwords, login throttling, and which page views are audited."""
