"""Hand out lessons as assignments, take in what students hand in, grade it, and give it back."""
