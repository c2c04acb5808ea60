"""MMSegmentation's recipes as depth recipes: which can be, what must change, and the config that says so."""
