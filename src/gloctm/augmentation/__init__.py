"""Nearest words and documents, and documents augmented by them."""
