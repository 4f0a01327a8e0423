// The reader's language: in which names of topics and words are shown.
