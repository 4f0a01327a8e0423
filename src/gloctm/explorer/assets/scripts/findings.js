// What is found first: the largest topics, the greatest differences, what changed.
