"""The data of a stack as one consistent file, and back. Start reading at `saving.py`, then `restoring.py`."""
