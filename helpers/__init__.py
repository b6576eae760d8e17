"""The thin module behind the lessons: a recipe says, a model is, training does, records remember.

Imports run one way: recipe, streams, places, data, augmentation and graph know nobody; then models, training, records;
then explain and plots. What one lesson says stays in that lesson.
"""
