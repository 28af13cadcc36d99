"""The database: pairs with their provenance. Short transactions, explicit commits, none open during a call."""
