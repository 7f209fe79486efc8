"""The last step and the frame of all: what was submitted waits here, is accepted in one transaction with what else
waits, and is answered once it is durable. `accept` tells a transaction's story from commands to facts."""
