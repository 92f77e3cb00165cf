"""Lanes, the attempt protocol (intent, send, reconcile, record), digests and dead letters."""
