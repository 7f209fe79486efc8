"""The pages, rendered from the same functions as the JSON routes."""
