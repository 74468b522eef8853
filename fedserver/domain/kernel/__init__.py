"""Rules about what everything else builds on."""
