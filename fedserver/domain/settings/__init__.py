"""Settings that admins change while the node runs, and the legal texts of the community."""
