"""What the lessons import. Imports run one way: data and graph, models, training, records, explain and plots."""
