"""What the surfaces share: declared endpoints, sessions, paging, errors, limits."""
