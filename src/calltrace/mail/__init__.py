"""Messages to people: written down in the transaction they belong to, sent by a job."""
