"""How Payung is put on a machine; deploy/local is the embedded stack and the command line."""
