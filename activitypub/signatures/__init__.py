"""HTTP signatures and integrity proofs: making and verifying them, as pure functions."""
