"""The native REST contract: one router per resource, schemas, errors."""
