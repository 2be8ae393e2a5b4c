#!/bin/sh
# docker-up.sh DIR - starts a Docker engine of our own, without systemd, with everything under DIR.
# Prints the variables by which clients find it, one NAME=value a line, once it answers.
# Stop it by docker-down.sh DIR. One engine a machine: they would share the bridge docker0.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
mkdir -p "$1"
dir=$(CDPATH='' cd -- "$1" && pwd)
export DOCKER_HOST="unix://$dir/docker.sock"
export PATH="$PATH:/usr/sbin:/sbin"

report() {
  echo "DOCKER_HOST=$DOCKER_HOST"
}

if docker info >/dev/null 2>&1; then
  report
  exit
fi

runtime=
bounding=$(sed -n 's/^CapBnd:[[:space:]]*//p' /proc/self/status)
cap_sys_resource=24
if [ $(((0x$bounding >> cap_sys_resource) & 1)) -eq 0 ]; then
  runtime="--add-runtime clamped=$here/runc-clamped --default-runtime clamped"
fi

echo '{}' >"$dir/daemon.json" # keeps the machine's own /etc/docker/daemon.json out
rm -f "$dir/pid" "$dir/docker.sock"
[ ! -e /sys/class/net/docker0 ] || touch "$dir/foreign-bridge"
# $runtime is a list of words
# shellcheck disable=SC2086
setsid dockerd --config-file "$dir/daemon.json" --host "$DOCKER_HOST" \
  --data-root "$dir/data" --exec-root "$dir/exec" --pidfile "$dir/pid" $runtime \
  </dev/null >"$dir/log" 2>&1 &

tries=300
until docker info >/dev/null 2>&1; do
  tries=$((tries - 1))
  if [ "$tries" -eq 0 ] || ! kill -0 $! 2>/dev/null; then
    echo "Cannot start dockerd, its last words:" >&2
    tail -n 20 "$dir/log" >&2
    exit 1
  fi
  sleep 0.1
done
report
