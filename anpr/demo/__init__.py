"""Demo: drawn street scenes, RTSP cameras that show them, and clips with ground truth."""
