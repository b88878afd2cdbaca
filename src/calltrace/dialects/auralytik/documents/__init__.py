"""Objects of this contract, by resource."""
