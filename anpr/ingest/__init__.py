"""From messages to rows: store transits, match watchlists, raise alarms, file images."""
