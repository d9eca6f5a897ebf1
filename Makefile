# `make run` starts the app, `make test` runs all checks; each does its own set-up in .venv.

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$p && break; done)
PIP := .venv/bin/python -m pip --disable-pip-version-check install --quiet

.PHONY: run test check-install results bench pretrained shortcut clean

run: .venv/for-running
	.venv/bin/streamlit run streamlit_app.py --server.fileWatcherType none

test: .venv/for-testing
	.venv/bin/ruff check
	.venv/bin/ruff format --check
	.venv/bin/mypy
	.venv/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder

# An empty environment from requirements.txt alone explains a photo in 1 GB.
check-install: .venv/for-running
	.venv/bin/python tests/check_install.py

# The results tables of the README. ELSEWHERE=folder adds photos from elsewhere, with SOURCES.tsv.
results: .venv/for-running
	.venv/bin/python -m insects evaluate --table --write README.md \
		$(if $(ELSEWHERE),--photos $(ELSEWHERE))

bench: .venv/for-testing
	.venv/bin/python -m insects bench

# The shipped networks, from the published photos: the backbone, then one run a network. ELSEWHERE, a
# folder of photos from elsewhere, sets the temperature of the default network.
SHIPPED_FILES := config.json history.csv metrics.json status model.tflite similar.npz
pretrained: .venv/for-testing
	.venv/bin/python -m insects.networks.make_backbone
	for network in efficientnet_lite0 zhang tang; do \
		rm -rf build/$$network && \
		.venv/bin/python -m insects train --network $$network --run build/$$network || exit 1; \
	done
	$(if $(ELSEWHERE),.venv/bin/python -m insects evaluate --calibrate --photos $(ELSEWHERE) \
		--network build/efficientnet_lite0)
	for network in efficientnet_lite0 zhang tang; do \
		rm -rf insects/pretrained/$$network && mkdir -p insects/pretrained/$$network && \
		for file in $(SHIPPED_FILES); do cp build/$$network/$$file insects/pretrained/$$network/; done \
		|| exit 1; \
	done
	$(MAKE) shortcut

# The two networks of the Shortcut lab, from drawn insects alone: one learns them on any ground, one
# on ground that betrays the class. Two minutes, and half a minute to measure both.
SHORTCUT_FILES := config.json history.csv metrics.json status model.tflite
shortcut: .venv/for-testing
	for bias in 0 1; do \
		run=shortcut_bias$$bias && rm -rf build/$$run && \
		.venv/bin/python -m insects train --network small --dataset drawn \
			--background-bias $$bias --augment --run build/$$run && \
		.venv/bin/python -m insects shortcut --network build/$$run --keep && \
		rm -rf insects/pretrained/$$run && mkdir -p insects/pretrained/$$run && \
		for file in $(SHORTCUT_FILES); do cp build/$$run/$$file insects/pretrained/$$run/; done \
		|| exit 1; \
	done

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache

.venv/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11, 3.12 or 3.13 is needed."; exit 1; }
	$(PYTHON) -m venv .venv

.venv/for-running: requirements.txt | .venv/bin/python
	@echo "Installing what the app needs (once, about 1.5 GB) …"
	$(PIP) -r requirements.txt
	@touch $@

.venv/for-testing: requirements-dev.txt .venv/for-running
	$(PIP) -r requirements-dev.txt
	@touch $@
