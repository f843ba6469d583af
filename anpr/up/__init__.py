"""Everything on one machine: prepare the database, start each process, keep it running, stop all of it."""
