"""Work that happens after the answer: deliveries, fetches, clean-up."""
