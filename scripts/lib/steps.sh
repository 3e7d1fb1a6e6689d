# shellcheck shell=bash
# Named steps: a line of progress each, one log for all, and what to do when one fails. Sourced by scripts/bootstrap.
#
# A step is a function that runs in a subshell of its own with its output in the log: it changes files, no variables.

steps_begin() { # folder of the log, number of steps
  steps_log=$1/bootstrap.log
  steps_count=$2
  steps_done=0
  steps_advice=$(mktemp)
  trap 'rm -f "$steps_advice"' EXIT
  mkdir -p "$1"
  : >"$steps_log"
}

# Called inside a step: says what a person can do, and fails the step.
give_up() {
  printf '%s\n' "$@" >"$steps_advice"
  exit 1
}

step() { # title, function, arguments of the function
  local title=$1 began=$SECONDS status logged
  shift
  steps_done=$((steps_done + 1))
  printf '[%d/%d] %s ... ' "$steps_done" "$steps_count" "$title"
  printf '== %s\n' "$title" >>"$steps_log"
  logged=$(wc -l <"$steps_log")
  # Not `if ("$@")`: a condition would switch off errexit inside the step.
  set +e
  (
    set -e
    "$@"
  ) >>"$steps_log" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" -ne 0 ]; then
    printf 'failed\n'
    step_failed "$title" "$(tail -n "+$((logged + 1))" "$steps_log" | tail -n 20)"
  fi
  printf '%d s\n' "$((SECONDS - began))"
}

step_failed() { # title, last lines of its log
  {
    if [ -n "$2" ]; then
      printf '\n%s failed. The end of its log (all of it: %s):\n\n' "$1" "$steps_log"
      printf '%s\n' "$2" | sed 's/^/    /'
    fi
    echo
    if [ -s "$steps_advice" ]; then
      cat "$steps_advice"
    else
      printf 'If a download failed, check the network and run the same command again: it goes on where it stopped.\n'
    fi
  } >&2
  exit 1
}
