"""The roadside side of any reader: transit delivery, health reports, the outbox and its publisher. Knows no vision."""
