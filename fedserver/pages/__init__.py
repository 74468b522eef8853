"""What members and visitors see in a browser, with or without JavaScript."""
