# shellcheck shell=bash
# uv and .venv. Sourced; needs places.sh.

readonly OLDEST_UV=0.5.0 # the first with all options used below
readonly PYTHON_RANGE=">=3.11,<3.15" # those for which all locked packages have wheels
readonly PYTHON_BROUGHT=3.13         # by uv, where the system has none of these

pinned_version() { # requirements file that pins one package
  sed -n 's/^[a-z-]*==\([0-9.]*\).*/\1/p' "$1"
}

pinned_uv() { # root of the clone, cache folder
  printf '%s/uv-%s/uv\n' "$2" "$(pinned_version "$1/scripts/lib/uv-requirements.txt")"
}

# The uv on the PATH if it is new enough, else the one that an earlier run put into the cache.
find_uv() { # root of the clone, cache folder
  local version pinned
  if version=$(uv --version 2>/dev/null) && at_least "$(cut -d' ' -f2 <<<"$version")" "$OLDEST_UV"; then
    command -v uv
    return
  fi
  pinned=$(pinned_uv "$1" "$2")
  [ -x "$pinned" ] && printf '%s\n' "$pinned"
}

# uv is one program without dependencies: it is taken out of a venv made for the download.
install_uv() { # root of the clone, cache folder
  local target scratch
  target=$(pinned_uv "$1" "$2")
  scratch=$(mktemp -d "$2/.uv-XXXXXX")
  python3 -m venv "$scratch/venv"
  "$scratch/venv/bin/python" -m pip install -q --disable-pip-version-check --only-binary :all: \
    --require-hashes -r "$1/scripts/lib/uv-requirements.txt"
  mkdir -p "${target%/*}"
  mv -f "$scratch/venv/bin/uv" "$target"
  rm -rf "$scratch"
}

# What .venv depends on; the clone's place too, because scripts in .venv/bin carry it.
environment_key() { # root of the clone
  {
    printf '%s\n%s\n' "$1" "$PYTHON_RANGE"
    "$1/.venv/bin/python" --version
    (cd "$1" && sha256sum requirements.lock pyproject.toml catalog_builder/vocab/release.py)
  } 2>&1 | sha256sum | cut -d' ' -f1
}

environment_is_current() { # root of the clone
  [ -x "$1/.venv/bin/flatsim-stac" ] && [ "$(cat "$1/.venv/.flatsim-key" 2>/dev/null)" = "$(environment_key "$1")" ]
}

# A .venv whose Python still runs and that stands where it was made may be brought up to date; any other is made anew.
venv_is_usable() { # root of the clone
  [ "$("$1/.venv/bin/python" -c 'import sys; print(sys.prefix)' 2>/dev/null)" = "$1/.venv" ] &&
    [ "$(sed -n '1s/^#!//p' "$1/.venv/bin/flatsim-stac" 2>/dev/null)" = "$1/.venv/bin/python" ]
}

make_venv() { # uv
  if ! "$1" venv --no-project --python-preference only-system --python "$PYTHON_RANGE" .venv; then
    echo "this system's Python is not in the range $PYTHON_RANGE; uv fetches $PYTHON_BROUGHT"
    "$1" venv --no-project --python-preference only-managed --python "$PYTHON_BROUGHT" .venv ||
      give_up "uv could not fetch a Python. Install one in the range $PYTHON_RANGE by other means" \
        "(Ubuntu 22.04: apt-get install python3.11), and run the same command again."
  fi
}

python_environment() { # root of the clone, cache folder
  local uv
  if environment_is_current "$1"; then
    echo "up to date"
    return
  fi
  find_uv "$1" "$2" >/dev/null || install_uv "$1" "$2"
  uv=$(find_uv "$1" "$2")
  unset VIRTUAL_ENV CONDA_PREFIX UV_PYTHON UV_PROJECT_ENVIRONMENT
  cd "$1" || exit
  if ! venv_is_usable "$1"; then
    rm -rf .venv
    make_venv "$uv"
  fi
  rm -f .venv/.flatsim-key
  "$uv" pip sync --python .venv/bin/python --compile-bytecode --require-hashes requirements.lock
  "$uv" pip install --python .venv/bin/python --no-deps --no-build-isolation -e .
  environment_key "$1" >.venv/.flatsim-key
}
