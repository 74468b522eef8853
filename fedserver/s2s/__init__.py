"""Server to server: inboxes, actors, collections, objects, discovery."""
