// Similarity of topics, and the tree of their merges.
