"""What `reminders` needs: facts on the log, a mail server that only counts, and the obvious way."""
