"""HTML rendering: templates, filters, translations, thumbnails."""
