"""The thin module behind the lessons: data -> models -> training -> plots and explanations.

Each room imports only from the rooms before it; ``plots`` imports none of them.
"""
