// The map of documents.
