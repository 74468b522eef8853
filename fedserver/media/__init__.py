"""Files that members upload: probing, cleaning, thumbnails, storing."""
