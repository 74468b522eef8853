"""What tests share: databases, nodes on loopback, clients. No test lives here."""
