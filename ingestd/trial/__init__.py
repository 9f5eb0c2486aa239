"""The production pipeline under a virtual clock: rule tests and what else wants to know what would have happened."""
