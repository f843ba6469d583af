"""Pages of the console: a folder each, with its routes, templates and messages; anpr/console/app.py lists them."""
