"""The second step: rows are evidence of who is one partner. `listings` turns commands into rows, `grouping` groups them
and gives each group its partner id, `lookup` finds the partner that a reference means. The rules are pure: `matching`
(which rows are one partner), `survivors` (which id a group keeps), `keys` (which partner a reference means)."""
