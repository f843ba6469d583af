"""Everything on one machine: prepares the database, supervises each process, stops all of them in order."""
