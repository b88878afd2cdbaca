"""Plans that are paid for at Stripe, where the operator has an account there (docs/payments.md)."""
