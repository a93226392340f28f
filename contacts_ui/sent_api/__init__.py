"""Client of the messaging API: queries, response types, errors, HTTP and decoding. No Django."""
