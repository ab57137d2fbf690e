# Two commands: make run, make test. Everything they need goes into .venv; a second run needs no network.
PYTHON ?= python3
BIN = .venv/bin
# Many container images set it: then every process compiles all that it imports, and starts two to three times slower.
unexport PYTHONDONTWRITEBYTECODE
# What is installed is compiled at once: jobs run in sandboxes that can't write here, so each would compile it anew.
COMPILED = --compile-bytecode

.PHONY: run test lint env bench clean
.DEFAULT_GOAL := run

run: .venv/run.stamp
	@exec $(BIN)/python manage.py up

# What fails is run once more, alone: some tests wait for real processes, which a crowded machine can keep waiting.
AGAIN = $(1) || $(1) -n 0 --last-failed --last-failed-no-failures none

# The many quick tests spread over the cores; then those that start the whole Studio, a file at a time.
test: .venv/test.stamp
	$(call AGAIN,$(BIN)/python -m pytest -n auto -m "not slow $(ONLY)" $(PYTEST))
	$(call AGAIN,$(BIN)/python -m pytest -n auto --dist loadfile -m "slow $(ONLY)" $(PYTEST))

lint: .venv/test.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	STUDIO_HOME=.venv/lint-home $(BIN)/python manage.py makemigrations --check --dry-run

# eval "$$(make -s env)" points boto3, the AWS CLI and the SageMaker SDK at the embedded engine.
env:
	@$(PYTHON) -m studio.client_env

bench: .venv/test.stamp
	@exec $(BIN)/python -m bench $(BENCH)

.venv/uv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Atelier needs Python 3.11 or newer; name one with PYTHON=…")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt uv
	@touch $@

.venv/run.stamp: .venv/uv.stamp pyproject.toml constraints.txt
	$(BIN)/uv pip install --quiet $(COMPILED) --python $(BIN)/python -c constraints.txt -r pyproject.toml
	@touch $@

.venv/test.stamp: .venv/run.stamp
	$(BIN)/uv pip install --quiet $(COMPILED) --python $(BIN)/python -c constraints.txt -r pyproject.toml --group test --group lint
	@touch $@

# Libraries that are heavy, or want other versions than ours, live in environments of their own: make extra-torch. PyTorch's
# own index has builds without CUDA, a tenth of the size; where it can't be reached, PyPI's will do.
.PHONY: extra-torch extra-tabular
extra-torch: .venv/extras/torch.stamp
extra-tabular: .venv/extras/tabular.stamp

.venv/extras/%.stamp: areas/algorithms/extras/%.txt | .venv/uv.stamp
	$(BIN)/uv venv --quiet --clear .venv/extras/$*
	export UV_FIND_LINKS="$${UV_FIND_LINKS-$$PIP_FIND_LINKS}"; install="$(BIN)/uv pip install --quiet $(COMPILED) --python .venv/extras/$*/bin/python -r $<"; \
	UV_HTTP_RETRIES=0 $$install --torch-backend cpu 2>/dev/null || $$install
	@touch $@

# SDK v2 and v3 can't share an environment; with this one the tests of v2 run too. Its log_roc_curve and the like need scikit-learn.
.venv/sdk2.stamp: .venv/uv.stamp
	$(BIN)/uv venv --quiet --clear .venv/sdk2
	$(BIN)/uv pip install --quiet --python .venv/sdk2/bin/python "sagemaker==2.257.7" "scikit-learn==1.9.1"
	@touch $@

# MLflow's own client, with what its autolog of scikit-learn needs; with this one the tests of MLflow's clients run too.
.venv/mlflow.stamp: .venv/uv.stamp
	$(BIN)/uv venv --quiet --clear .venv/mlflow
	$(BIN)/uv pip install --quiet --python .venv/mlflow/bin/python "mlflow-skinny==3.17.2" "scikit-learn==1.9.1" \
		"pandas==3.1.1" "numpy==2.4.6" "scipy==1.17.1" "matplotlib==3.11.2" "pillow==13.0.0" \
		"sqlalchemy==2.1.9" "alembic==1.20.1"
	@touch $@

clean:
	rm -rf .venv
