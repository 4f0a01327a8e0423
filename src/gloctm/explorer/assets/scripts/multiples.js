// Small multiples: every topic's course over time.
