"""The first step: from bytes, rows and events to commands, or to refusals with a code and a field. All of it is pure:
no database, no Kafka, no clock."""
