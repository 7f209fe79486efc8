"""Field agents: whose caseload a partner is in, who is asked to visit it, what became of that, and their sign-in.

Pure: `assignment` (who gets a task), `holding` (how long, and who is next), `cards` (what its holder sees). The rest
works inside the caller's transaction.
"""
