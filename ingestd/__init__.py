"""ingestd reads alert mail and webhooks, finds the incident behind them, and tells people until it is over."""

__version__ = "0.1.0"
