# Each target is one call of python -m tools; `make` alone lists them.
PYTHON ?= python3
DATASET ?= shapes10
TOOLS = $(PYTHON) -m tools
LESSONS = $(foreach number,$(LESSON),--lesson $(number))

.PHONY: help run lab test test-oldest test-long mutants lint fetch new regenerate student readme address train show study bench lock

help:        ; @$(TOOLS)
run:         ; $(TOOLS) run --dataset $(DATASET) $(LESSONS)
lab:         ; $(TOOLS) lab $(if $(COMPLETE),--complete)
test:        ; $(TOOLS) test
test-oldest: ; $(TOOLS) test --oldest
test-long:   ; $(TOOLS) test --long
mutants:     ; $(TOOLS) mutants $(LESSON)
lint:        ; $(TOOLS) lint
fetch:       ; $(TOOLS) fetch
new:         ; $(TOOLS) new --help
regenerate:  ; $(TOOLS) regenerate $(LESSONS) $(if $(ALL),--all)
student:     ; $(TOOLS) student
readme:      ; $(TOOLS) readme
address:     ; $(TOOLS) address $(URL)
train:       ; $(TOOLS) train $(MODEL) $(if $(EPOCHS),--epochs $(EPOCHS)) $(if $(OUT),--out $(OUT))
show:        ; $(TOOLS) show $(or $(WHAT),results) $(if $(MODEL),--model $(MODEL)) $(if $(FROM),--from $(FROM))
study:       ; $(TOOLS) study $(STUDY)
bench:       ; $(TOOLS) bench
lock:        ; $(TOOLS) lock
