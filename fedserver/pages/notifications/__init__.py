"""Pages about notifications, push, conversations and announcements."""
