"""Console users: accounts, password hashes, sign-in activity."""
