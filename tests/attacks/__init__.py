"""What an attacker tries, run against the real services: each attack must cost the attacker alone."""
