"""The network of GloCTM in torch: pure modules and functions, no reading, no loop, no progress."""
