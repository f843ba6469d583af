"""Send transits to another centre, as a profile says, and keep a ledger of each one."""
