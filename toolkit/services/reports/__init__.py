"""Reports of students and of the cohort."""
