"""notifications' HTTP API, a module a resource."""
