"""The shared session in two browsers: what one does is at the other's, without any kernel."""
