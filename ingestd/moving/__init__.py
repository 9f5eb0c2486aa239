"""Moving in: what another product's configuration or export says about whom to tell, drafted as a site of ours.

One file a product: a function from its files to a ``Draft``. It invents nothing: what has no equal here, or is not
understood, is named with its place, why, and what to do instead. Secrets are written nowhere: the draft names a file
for each, which the admin makes. A file that can't be read at all is a ``ConfigError``.
"""
