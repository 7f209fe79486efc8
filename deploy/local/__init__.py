"""The embedded stack: a real Kafka, a real PostgreSQL and the three services, supervised, plus the command line."""
