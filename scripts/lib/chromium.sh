# shellcheck shell=bash
# A Chromium for the tests where the distribution has none as a package (Ubuntu: only a snap, which sees neither
# /tmp nor hidden folders). Sourced; needs system-packages.sh.

playwright_chromium() { # root of the clone
  local program
  program=$("$1/.venv/bin/python" - <<'PYTHON'
from playwright.sync_api import sync_playwright

with sync_playwright() as playwright:
    print(playwright.chromium.executable_path)
PYTHON
  ) && [ -x "$program" ] && printf '%s\n' "$program"
}

chromium_for_tests() { # root of the clone
  find_chromium || playwright_chromium "$1"
}

fetch_playwright_chromium() { # root of the clone, may administrate: yes or no
  # The libraries it needs are packages.
  [ "$2" = no ] || as_administrator "$1/.venv/bin/python" -m playwright install-deps chromium
  "$1/.venv/bin/python" -m playwright install chromium
}

test_browser() { # root of the clone, may administrate: yes or no
  if chromium_for_tests "$1"; then
    return
  fi
  fetch_playwright_chromium "$1" "$2" || give_up "No Chromium for the tests. Either of these brings one:" \
    "    an administrator installs Chromium or Google Chrome as a package (a snap is shut out of the tests' folders)" \
    "    FLATSIM_CHROMIUM=/path/to/chromium in the environment names one that is there" \
    "Then run the same command again."
}
