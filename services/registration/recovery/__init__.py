"""After a disaster: `to_log` publishes again what the log lacks, `from_log` takes back what the database lost."""
