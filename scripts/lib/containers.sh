# shellcheck shell=bash
# A container engine, the clients that speak to it, and our images. Sourced; needs places.sh and system-packages.sh.

readonly BASE_IMAGE=debian:bookworm-slim
readonly IMAGES="database builder api proxy prometheus"
readonly CA_BUNDLE=/etc/ssl/certs/ca-certificates.crt

dockerfile() { # image
  case "$1" in
    api) echo api/Dockerfile ;;
    builder) echo catalog_builder/Dockerfile ;;
    *) echo "deploy/$1/Dockerfile" ;;
  esac
}

release() { # root of the clone
  sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$1/catalog_builder/vocab/release.py"
}

image_name() { # root of the clone, image
  printf 'flatsim-stac-%s:%s\n' "$2" "$(release "$1")"
}

# A client that builds with secrets: 18.09 to 22 do by themselves, later ones with the plugin buildx.
find_docker() {
  local client version
  while IFS= read -r client; do
    version=$("$client" --version 2>/dev/null | sed -n 's/^Docker version \([0-9]*\).*/\1/p')
    if [ -n "$version" ] && { { [ "$version" -ge 19 ] && [ "$version" -lt 23 ]; } || "$client" buildx version >/dev/null 2>&1; }; then
      printf '%s\n' "$client"
      return
    fi
  done < <(type -ap docker)
  return 1
}

# Compose v2 as a plugin, else docker-compose 1.29; printed as words of a command.
find_compose() { # docker client
  if "$1" compose version >/dev/null 2>&1; then
    printf '%s compose\n' "$1"
  else
    command -v docker-compose
  fi
}

engine_answers() { # docker client
  "$1" info >/dev/null 2>&1
}

may_start_engine() {
  [ "$(id -u)" -eq 0 ] && { command -v dockerd >/dev/null || is_apt_system; }
}

engine_packages() {
  command -v dockerd >/dev/null || echo docker.io
  find_docker >/dev/null || echo docker.io
  { docker=$(find_docker) && find_compose "$docker" >/dev/null; } || command -v docker-compose >/dev/null || echo docker-compose
  command -v debootstrap >/dev/null || echo debootstrap
}

# An engine of our own, which touches no other: its socket, its process id and its images lie in folders of ours. The
# images stay for the next time. The variables engine_folder and DOCKER_HOST tell where it is.
start_engine() { # cache folder
  local deadline
  mkdir -p "$1/engine"
  engine_folder=$(mktemp -d /run/flatsim-engine-XXXXXX)
  export DOCKER_HOST=unix://$engine_folder/docker.sock
  dockerd --data-root "$1/engine" --exec-root "$engine_folder/exec" --pidfile "$engine_folder/pid" \
    --host "$DOCKER_HOST" >"$engine_folder/log" 2>&1 9>&- &
  deadline=$((SECONDS + 60))
  until engine_answers "$(find_docker)"; do
    if [ "$SECONDS" -ge "$deadline" ] || ! kill -0 $! 2>/dev/null; then
      tail -n 5 "$engine_folder/log" >&2
      stop_engine
      return 1
    fi
    sleep 0.3
  done
}

stop_engine() {
  local pid
  [ -n "${engine_folder:-}" ] || return 0
  if pid=$(cat "$engine_folder/pid" 2>/dev/null); then
    kill "$pid" 2>/dev/null || true
    while kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
  fi
  rm -rf "$engine_folder"
  engine_folder=
}

# Sets docker and compose (an array) to clients of an engine that answers, which is started where that may be. Status 1
# and the reason in no_engine where none can be had.
have_engine() { # cache folder
  local packages
  no_engine=
  if docker=$(find_docker) && engine_answers "$docker" && found=$(find_compose "$docker"); then
    read -r -a compose <<<"$found"
    return
  fi
  if ! may_start_engine; then
    no_engine="no container engine answers, and only root on Debian or Ubuntu may install and start one"
    return 1
  fi
  mapfile -t packages < <(engine_packages | sort -u)
  if [ "${#packages[@]}" -gt 0 ]; then
    echo "Installing ${packages[*]}"
    install_engine "${packages[@]}" || {
      no_engine="these packages could not be installed: ${packages[*]}"
      return 1
    }
  fi
  docker=$(find_docker) || no_engine="no docker client here can build with secrets"
  found=$(find_compose "${docker:-docker}") || no_engine="neither docker compose nor docker-compose is here"
  [ -z "$no_engine" ] || return 1
  start_engine "$1" || {
    no_engine="dockerd does not start here"
    return 1
  }
  read -r -a compose <<<"$found"
}

# The distribution would start its own engine at once; a policy keeps it from that.
install_engine() { # packages
  local policy=/usr/sbin/policy-rc.d status=0
  [ -e "$policy" ] && policy=
  [ -z "$policy" ] || { printf '#!/bin/sh\nexit 101\n' >"$policy" && chmod 755 "$policy"; }
  { apt-get update -q || true; apt-get install -q -y --no-install-recommends "$@"; } >/dev/null || status=$?
  [ -z "$policy" ] || rm -f "$policy"
  return "$status"
}

# The image that all others are made from: from a registry, else made of the distribution's packages under that name.
have_base_image() { # docker client
  local folder status=0
  if "$1" image inspect "$BASE_IMAGE" >/dev/null 2>&1 || timeout 120 "$1" pull -q "$BASE_IMAGE" >/dev/null 2>&1; then
    return
  fi
  echo "No registry has $BASE_IMAGE for us; making it of Debian's packages"
  [ "$(id -u)" -eq 0 ] && command -v debootstrap >/dev/null || {
    echo "that needs root and the package debootstrap" >&2
    return 1
  }
  folder=$(mktemp -d)
  make_base_image "$1" "$folder" || status=$?
  rm -rf "$folder"
  return "$status"
}

make_base_image() { # docker client, scratch folder
  debootstrap --variant=minbase bookworm "$2/root" >"$2/log" 2>&1 || {
    tail -n 5 "$2/log" >&2
    return 1
  }
  # What makes Debian's image slim: no manuals, translations and lists, now and of packages that come later.
  cat >"$2/root/etc/dpkg/dpkg.cfg.d/slim" <<'DPKG'
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/linda/*
path-exclude /usr/share/locale/*
path-exclude /usr/share/man/*
DPKG
  cat >"$2/root/etc/apt/apt.conf.d/slim" <<'APT'
Acquire::Languages "none";
APT::Update::Post-Invoke { "rm -f /var/cache/apt/*.bin || true"; };
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true"; };
APT
  cat >"$2/root/etc/apt/sources.list" <<'SOURCES'
deb http://deb.debian.org/debian bookworm main
deb http://deb.debian.org/debian bookworm-updates main
deb http://deb.debian.org/debian-security bookworm-security main
SOURCES
  find "$2/root/usr/share/doc" -mindepth 1 ! -type d ! -name copyright -delete
  rm -rf "$2/root"/usr/share/{info,lintian,linda,locale,man}/* "$2/root"/var/lib/apt/lists/* \
    "$2/root"/var/cache/apt/* "$2/root"/var/log/*
  tar -C "$2/root" --sort=name -c . | "$1" import --change 'CMD ["bash"]' - "$BASE_IMAGE" >/dev/null
}

build_image() { # root of the clone, docker client, image
  local secrets=()
  [ ! -r "$CA_BUNDLE" ] || secrets=(--secret "id=ca,src=$CA_BUNDLE")
  DOCKER_BUILDKIT=1 "$2" build --progress=plain "${secrets[@]}" -f "$1/$(dockerfile "$3")" -t "$(image_name "$1" "$3")" \
    --build-arg "VERSION=$(release "$1")" --build-arg "REVISION=$(git -C "$1" rev-parse HEAD 2>/dev/null || echo unknown)" "$1"
}

# Containers, volumes and networks of a project, whatever state they are in.
remove_project() { # docker client, project
  local label=com.docker.compose.project=$2
  [ -n "$1" ] && [ -n "$2" ] || return 0
  "$1" ps -aq --filter "label=$label" | xargs -r "$1" rm -fv >/dev/null
  "$1" volume ls -q --filter "label=$label" | xargs -r "$1" volume rm -f >/dev/null
  "$1" network ls -q --filter "label=$label" | xargs -r "$1" network rm >/dev/null
}
