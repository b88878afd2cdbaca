"""Tools that know nothing about calls: ids, clock, errors, documents, outbound HTTP, encryption."""
