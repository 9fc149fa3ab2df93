"""The manual as a site: `python -m manual` builds it from the texts where they lie."""
