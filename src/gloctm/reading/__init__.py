"""From bytes to records: encodings, formats and tables, without any knowledge of a corpus."""
