"""Files that members upload and peers show: probing, cleaning, small forms, storing."""
