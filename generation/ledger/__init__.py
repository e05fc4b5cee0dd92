"""The claim ledger: what a copy states, where, and what of the record supports it."""
