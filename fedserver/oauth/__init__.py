"""OAuth 2: authorization codes with PKCE, tokens, revocation, metadata."""
