"""What can be read out of reviews: progress, where reviewers differ, and labels for the judge."""
