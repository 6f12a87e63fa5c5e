# The two commands of Svar, and the smaller ones they are made of.
PYTHON ?= python3
RUN := .venv/bin/python -m ops

.PHONY: run test prepare format measure evaluate clean

run: prepare            ## set up everything and start Svar with the demo municipalities
	@exec $(RUN) run

test:                   ## set up everything and pass the tests
	@$(PYTHON) -m ops prepare --for-tests
	@$(RUN) test

prepare:
	@$(PYTHON) -m ops prepare

format:                 ## put the Python code in its one form
	@.venv/bin/ruff check --fix . && .venv/bin/ruff format .

measure:                ## the figures of docs/measurements.md
	@$(PYTHON) -m ops prepare --for-tests
	@$(RUN) measure

evaluate:               ## how well questions are answered; PUBLIC=folder adds public sets
	@$(PYTHON) -m ops prepare
	@$(RUN) evaluate $(if $(PUBLIC),--public $(PUBLIC))

clean:                  ## remove what the commands made (articles and conversations in var/ too)
	rm -rf .venv .venv-bot node_modules gateway/static/build var
