"""Platforms: each folder connects one of them to the core, and the core knows none of them."""
