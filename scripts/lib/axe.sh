# shellcheck shell=bash
# axe-core, which the tests run on our pages: kept in the cache, linked into the clone. Sourced; needs browser-bundle.sh.

axe_folder() { # root of the clone, cache folder
  printf '%s/axe-%s\n' "$2" "$(sha256sum < "$1/tests/accessibility/package-lock.json" | cut -c1-20)"
}

axe_for_tests() { # root of the clone, cache folder
  local target scratch link=$1/tests/accessibility/node_modules
  target=$(axe_folder "$1" "$2")
  if [ ! -f "$target/axe-core/axe.min.js" ]; then
    find_node "$1" "$2" >/dev/null || install_node "$1" "$2"
    scratch=$(mktemp -d "$2/.axe-XXXXXX")
    cp "$1/tests/accessibility/"{package.json,package-lock.json,.npmrc} "$scratch"
    (
      cd "$scratch" || exit
      PATH="$(find_node "$1" "$2"):$PATH"
      export PATH
      npm ci --include=dev --no-audit --no-fund
    )
    chmod 755 "$scratch/node_modules"
    rm -rf "$target"
    mv -T "$scratch/node_modules" "$target"
    rm -rf "$scratch"
  fi
  [ -L "$link" ] || rm -rf "$link"
  ln -sfn "$target" "$link"
}
