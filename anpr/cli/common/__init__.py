"""What several command line verbs share."""
