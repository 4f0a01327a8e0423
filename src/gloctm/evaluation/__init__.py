"""What a model is worth: measures of its topics and of its documents."""
