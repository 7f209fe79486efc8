"""The second step: rows are evidence of who is one partner, and this room groups them, gives each group its id and
looks partners up. `matching` holds the rule, pure; the others find the rows it reaches and keep the outcome."""
