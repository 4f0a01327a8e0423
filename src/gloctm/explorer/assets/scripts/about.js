// About the model: quality, training, settings, citation.
