"""What the three services' pages have in common: layout, sign-in, language, formats, assets, the look."""
