"""`./payung erase`: a person is erased, and a drill with an invented one shows that nothing of it is left."""
