// Two topics, languages, labels, periods or models side by side.
