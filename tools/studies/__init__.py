"""Studies: many trials that answer one question of a lesson. ``engine`` runs them, ``lessonNN`` says which."""
