"""HTTP signatures and integrity proofs: making and checking them, as pure functions."""
