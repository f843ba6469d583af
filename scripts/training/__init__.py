"""Training: recipes, data preparation and export of the networks' weights."""
