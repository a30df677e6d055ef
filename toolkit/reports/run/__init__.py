"""Running a template notebook with papermill."""
