"""Slides of the lessons: what goes onto which one, the pages that show them, and live runs beside them."""
