# shellcheck shell=bash
# Where things are kept. Sourced.

# The folder for what is costly to make and the same for every clone: uv, Node.js, built bundles.
# The user's cache folder; inside the clone where there is no home or none that can be written.
cache_folder() { # root of the clone
  local base=${XDG_CACHE_HOME:-${HOME:+$HOME/.cache}}
  if [ -n "$base" ] && mkdir -p "$base/flatsim-stac" 2>/dev/null && [ -w "$base/flatsim-stac" ]; then
    printf '%s\n' "$base/flatsim-stac"
    return
  fi
  mkdir -p "$1/artifacts/cache"
  printf '%s\n' "$1/artifacts/cache"
}

# uv and npm keep their downloads in the home folder too; they need another place where it cannot be written.
redirect_download_caches() { # root of the clone, cache folder
  if [ "$2" = "$1/artifacts/cache" ]; then
    export UV_CACHE_DIR=${UV_CACHE_DIR:-$2/uv-downloads}
    export UV_PYTHON_INSTALL_DIR=${UV_PYTHON_INSTALL_DIR:-$2/pythons}
    export npm_config_cache=${npm_config_cache:-$2/npm-downloads}
  fi
}

# Is the first version the second one or newer? at_least 20.10.1 18.12
at_least() {
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -V | head -n 1)" = "$2" ]
}
