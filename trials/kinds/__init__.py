"""The kinds of trials, a module each; see ``trials``."""
