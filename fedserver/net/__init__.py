"""All requests to other servers: guarded against private addresses, bounded, signed or plain."""
