"""Pages that one kind of run has and others have not."""
