"""What the benchmark of coverage is made of: its events, its oracle, its baselines."""
