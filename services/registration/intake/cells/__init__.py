"""What stands in a cell or a field, read as what it means; and what whole columns show that no cell does."""
