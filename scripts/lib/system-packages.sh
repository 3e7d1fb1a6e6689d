# shellcheck shell=bash
# The distribution's packages: which are missing, and installing them.
# Sourced; needs places.sh, python-environment.sh and browser-bundle.sh.

readonly OLDEST_POSTGRESQL=13 # what pgstac asks for

is_apt_system() {
  command -v apt-get >/dev/null && command -v apt-cache >/dev/null
}

is_ubuntu() {
  (. /etc/os-release && [ "${ID:-}" = ubuntu ]) 2>/dev/null
}

# Major versions of the installed PostgreSQL servers, where Debian and Ubuntu put them; the newest first.
packaged_servers() {
  local program
  for program in /usr/lib/postgresql/*/bin/postgres; do
    [ ! -x "$program" ] || basename "${program%/bin/postgres}"
  done | sort -rn
}

has_extensions() { # folder of *.control files, folder of libraries
  [ -e "$1/postgis.control" ] && [ -e "$1/btree_gist.control" ] && [ -e "$1/unaccent.control" ] &&
    [ -e "$2/postgis-3.so" ]
}

has_postgis_server() {
  local major
  if [ -n "${FLATSIM_PG_BINDIR:-}" ]; then
    [ -x "$FLATSIM_PG_BINDIR/postgres" ]
    return
  fi
  for major in $(packaged_servers); do
    if at_least "$major" "$OLDEST_POSTGRESQL" &&
      has_extensions "/usr/share/postgresql/$major/extension" "/usr/lib/postgresql/$major/lib"; then
      return 0
    fi
  done
  command -v pg_config >/dev/null || return 1
  [ -x "$(pg_config --bindir)/postgres" ] &&
    has_extensions "$(pg_config --sharedir)/extension" "$(pg_config --pkglibdir)"
}

apt_cache() {
  LC_ALL=C apt-cache "$@" 2>/dev/null
}

# The version that apt would install, without epoch and Debian's suffix; nothing where there is none.
candidate_version() { # package
  apt_cache policy "$1" | sed -n '/(none)/!s/^  Candidate: //p' | sed 's/^[0-9]*://; s/[-+~].*//'
}

distribution_postgresql() {
  apt_cache depends postgresql | sed -n 's/.*Depends: postgresql-\([0-9]*\)$/\1/p'
}

# The PostgreSQL to install, or to add PostGIS to: the newest that is here already, else the distribution's.
postgresql_major() {
  local major
  for major in $(packaged_servers) $(distribution_postgresql); do
    if at_least "$major" "$OLDEST_POSTGRESQL" && [ -n "$(candidate_version "postgresql-$major-postgis-3")" ]; then
      printf '%s\n' "$major"
      return
    fi
  done
  # The lists of packages are empty: a person fills it in.
  echo VERSION
}

find_chromium() {
  local name
  for name in "${FLATSIM_CHROMIUM:-}" chromium chromium-browser google-chrome google-chrome-stable; do
    # Ubuntu's chromium-browser may be a script that only says to install the snap.
    if [ -n "$name" ] && command -v "$name" >/dev/null && "$name" --version >/dev/null 2>&1; then
      command -v "$name"
      return
    fi
  done
  return 1
}

can_make_python_environment() { # root of the clone, cache folder
  find_uv "$1" "$2" >/dev/null || python3 -c 'import ensurepip, venv' 2>/dev/null
}

# Playwright's driver is linked against it, and brings none.
has_libatomic() {
  PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -q 'libatomic\.so\.1'
}

lacks_node() { # root of the clone, cache folder
  ! bundle_is_cached "$1" "$2" && ! find_node "$1" "$2" >/dev/null
}

# What cannot be done without, in words, one a line; Node.js is not in it, because the bundle has a way without.
missing_parts() { # root of the clone, cache folder, "tests" or nothing
  has_postgis_server || echo "PostgreSQL $OLDEST_POSTGRESQL or newer, the server, with PostGIS 3"
  can_make_python_environment "$1" "$2" || echo "Python 3 with its venv module, or uv"
  if [ "${3:-}" = tests ]; then
    has_libatomic || echo "libatomic.so.1, a library of GCC"
    is_ubuntu || find_chromium >/dev/null || echo "Chromium"
  fi
}

# The same as packages of the distribution, and its Node.js where that is new enough.
missing_packages() { # root of the clone, cache folder, "tests" or nothing
  local major node
  if ! has_postgis_server; then
    major=$(postgresql_major)
    printf '%s\n' "postgresql-$major" "postgresql-$major-postgis-3"
  fi
  can_make_python_environment "$1" "$2" || printf '%s\n' python3 python3-venv
  if lacks_node "$1" "$2"; then
    node=$(candidate_version nodejs)
    if [ -n "$node" ] && [ -n "$(candidate_version npm)" ] && at_least "$node" "$(oldest_node "$1")"; then
      printf '%s\n' nodejs npm
    fi
  fi
  if [ "${3:-}" = tests ]; then
    has_libatomic || echo libatomic1
    # Ubuntu's package is a way to the snap; see chromium.sh.
    is_ubuntu || find_chromium >/dev/null || echo chromium
  fi
}

nothing_is_missing() { # root of the clone, cache folder, "tests" or nothing
  [ -z "$(missing_parts "$@")" ] && ! lacks_node "$1" "$2"
}

as_administrator() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# Root, or sudo, which asks for its password here and not in the middle of a line of progress.
may_administrate() {
  if [ "$(id -u)" -eq 0 ]; then
    return 0
  fi
  command -v sudo >/dev/null || return 1
  if sudo -n true 2>/dev/null; then
    return 0
  fi
  [ -t 0 ] || return 1
  echo "Packages of the system are missing; to install them sudo asks for your password."
  sudo -v
}

# The distribution would start a server of its own on port 5432 as soon as its package is installed. Ours is started
# by flatsim-stac when it is wanted, so none is made; the setting goes away again, for what an administrator does later.
readonly CREATECLUSTER=/etc/postgresql-common/createcluster.d

apt_install() { # packages
  local status=0 made_folder=no
  [ -d "$CREATECLUSTER" ] || made_folder=yes
  as_administrator mkdir -p "$CREATECLUSTER"
  echo "create_main_cluster = false" | as_administrator tee "$CREATECLUSTER/flatsim-stac.conf" >/dev/null
  as_administrator env DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 \
    apt-get install -q -y --no-install-recommends -o DPkg::Lock::Timeout=300 "$@" || status=$?
  as_administrator rm -f "$CREATECLUSTER/flatsim-stac.conf"
  if [ "$made_folder" = yes ]; then
    as_administrator rmdir --ignore-fail-on-non-empty "$CREATECLUSTER"
  fi
  [ "$status" -eq 0 ] || give_up "apt could not install: $*" \
    "Put right what it says above, and run the same command again."
}

ask_for_administrator() { # packages
  local hint="Then run the same command again."
  case "$*" in
    *VERSION*) hint="VERSION is the number that 'apt-cache depends postgresql' names. $hint" ;;
  esac
  give_up "These packages have to be installed first, by an administrator:" \
    "    apt-get update && apt-get install --no-install-recommends $*" "$hint"
}

system_packages() { # root of the clone, cache folder, may administrate: yes or no, "tests" or nothing
  local packages
  if nothing_is_missing "$1" "$2" "$4"; then
    echo "nothing is missing"
    return
  fi
  if is_apt_system && [ "$3" = yes ]; then
    as_administrator apt-get update -q || echo "apt-get update failed; going on with the lists that are there"
    mapfile -t packages < <(missing_packages "$1" "$2" "$4")
    [ "${#packages[@]}" -eq 0 ] || apt_install "${packages[@]}"
  elif [ -n "$(missing_parts "$1" "$2" "$4")" ]; then
    if is_apt_system; then
      mapfile -t packages < <(missing_packages "$1" "$2" "$4")
      ask_for_administrator "${packages[@]}"
    fi
    give_up "Install by this system's own means:" "$(missing_parts "$1" "$2" "$4" | sed 's/^/    /')"
  fi
}
