# Each target is one line; without make, call the same python -m tools.NAME.
PYTHON ?= python3
DATASET ?= shapes10
LESSON_FLAG = $(if $(LESSON),--lesson $(LESSON))

.PHONY: run test lab regenerate student train bench lint

run:         ; $(PYTHON) -m tools.run --dataset $(DATASET) $(LESSON_FLAG)
test:        ; $(PYTHON) -m tools.test
lab:         ; $(PYTHON) -m tools.lab
regenerate:  ; $(PYTHON) -m tools.regenerate $(LESSON_FLAG)
student:     ; $(PYTHON) -m tools.student
train:       ; $(PYTHON) -m tools.train $(MODEL)
bench:       ; $(PYTHON) -m tools.bench
lint:        ; $(PYTHON) -m tools.lint
