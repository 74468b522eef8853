"""Background work: deliveries, fetches, clean-up."""
