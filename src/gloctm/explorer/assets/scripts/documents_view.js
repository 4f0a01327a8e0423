// The view of documents: filters, map and list.
