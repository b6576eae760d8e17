# Each target is one call of python -m tools; `make` alone lists them.
PYTHON ?= python3
DATASET ?= shapes10
TOOLS = $(PYTHON) -m tools
LESSONS = $(foreach number,$(LESSON),--lesson $(number))

.PHONY: help run lab test test-oldest test-long test-browser mutants lint fetch new regenerate student handout grade marks readme address train show demo study bench lock hub links slides site progress

help:        ; @$(TOOLS)
run:         ; $(TOOLS) run --dataset $(DATASET) $(LESSONS)
lab:         ; $(TOOLS) lab $(if $(COMPLETE),--complete)
progress:    ; $(TOOLS) progress $(FOLDER) $(if $(RUN),--run)
test:        ; $(TOOLS) test
test-oldest: ; $(TOOLS) test --oldest
test-long:   ; $(TOOLS) test --long
test-browser:; $(TOOLS) test --browser
mutants:     ; $(TOOLS) mutants $(LESSON)
lint:        ; $(TOOLS) lint
fetch:       ; $(TOOLS) fetch
new:         ; $(TOOLS) new --help
regenerate:  ; $(TOOLS) regenerate $(LESSONS) $(if $(ALL),--all)
student:     ; $(TOOLS) student
handout:     ; $(TOOLS) handout $(LESSONS) $(if $(REPOSITORY),--repository $(REPOSITORY))
grade:       ; $(TOOLS) grade $(FOLDER) $(LESSONS)
marks:       ; $(TOOLS) marks $(LESSONS) $(if $(ROSTER),--roster $(ROSTER))
slides:      ; $(TOOLS) slides $(LESSONS) $(if $(LIVE),--live)
readme:      ; $(TOOLS) readme
site:        ; $(TOOLS) site $(if $(SOLUTIONS),--solutions)
address:     ; $(TOOLS) address $(URL)
train:       ; $(TOOLS) train $(MODEL) $(if $(EPOCHS),--epochs $(EPOCHS)) $(if $(OUT),--out $(OUT))
show:        ; $(TOOLS) show $(or $(WHAT),results) $(if $(MODEL),--model $(MODEL)) $(if $(FROM),--from $(FROM))
demo:        ; $(TOOLS) demo $(if $(MODEL),--model $(MODEL)) $(if $(PORT),--port $(PORT))
study:       ; $(TOOLS) study $(STUDY)
bench:       ; $(TOOLS) bench
hub:         ; $(TOOLS) hub
links:       ; $(TOOLS) links $(HUB)
lock:        ; $(TOOLS) lock
