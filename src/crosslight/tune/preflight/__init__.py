"""What a model will see of the rows, before anything is trained: silent faults are refused."""
