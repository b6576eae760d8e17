"""What all checks share: calling a student's answer safely, comparing it, and saying in a sentence what is off.

A check is a function decorated with ``@exercise("4.2")``. It gets the student's answer, returns nothing or a
sentence of praise with a fact in it, and calls ``wrong("...")`` when the answer is not right. Whatever else goes
wrong inside a student's function reaches the student as one sentence, never as a traceback of our code.
"""

from checks.grading.answers import (
    NotFilledIn,
    NotRight,
    blows_up,
    close,
    describe,
    number,
    numbers,
    settled,
    shape_of,
    values,
    whole,
    wrong,
)
from checks.grading.calls import call, guarded
from checks.grading.rules import by_rules, exercise, fresh_cases, name_mistake, seeded
from checks.grading.slips import name_slip
