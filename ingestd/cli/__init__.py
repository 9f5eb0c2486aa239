"""The commands of ``ingestd``: each is a function from its arguments to an exit status."""
