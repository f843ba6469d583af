"""Command line verbs, one module each, imported only when called."""
