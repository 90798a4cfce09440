"""What liveproof says: facts, findings, diagnoses and plans, as frozen values without behaviour."""
