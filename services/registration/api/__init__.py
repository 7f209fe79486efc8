"""registration's HTTP API, a module a resource."""
