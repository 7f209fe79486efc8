"""What is due goes out: claimed and prepared on the newest facts, delivered by a channel, recorded.

`sender` is the worker that does the three in turn; `preparation`, `delivery` and `recording` are its steps.
"""
