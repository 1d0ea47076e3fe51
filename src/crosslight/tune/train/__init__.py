"""The trainers: TRL's for SFT and DPO, transformers' own for a reward head."""
