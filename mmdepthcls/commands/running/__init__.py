"""What commands share: how they begin and end, what their arguments name, what a person reads meanwhile."""
