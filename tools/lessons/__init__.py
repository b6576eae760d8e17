"""What an instructor does with lessons: find, execute, regenerate, derive, scaffold."""
