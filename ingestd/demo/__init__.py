"""``make demo``: the morning on which an access switch fails, played through a daemon of its own."""
