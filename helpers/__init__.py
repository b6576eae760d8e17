"""What stands behind the lessons. Imports run one way: data and graph, models, training, records, explain and plots."""
