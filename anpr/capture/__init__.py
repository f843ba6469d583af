"""Capture: frames out of network streams, video files and folders of images."""
