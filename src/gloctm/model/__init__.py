"""A trained model: what it holds, and what it infers, without torch."""
