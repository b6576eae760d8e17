"""Behind the lessons. Imports run one way: plain data, data, graph; models, training, records; explain, plots, teaching."""
