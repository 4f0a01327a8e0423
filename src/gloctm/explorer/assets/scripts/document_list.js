// A list of documents that is filtered and sorted.
