"""What peers are sent: rows rendered as documents and activities, one file a noun. Nothing here writes."""
