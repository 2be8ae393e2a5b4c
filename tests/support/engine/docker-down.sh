#!/bin/sh
# docker-down.sh DIR - stops the engine that docker-up.sh DIR started, and waits until it is gone.
set -eu
[ -s "$1/pid" ] || exit 0
pid=$(cat "$1/pid")
export DOCKER_HOST="unix://$1/docker.sock"

# A process that ended but was not yet reaped counts as gone, so that kill -0 cannot be asked.
alive() {
  grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status" 2>/dev/null
}

# Containers that are killed first spare the engine its patience with each of them.
docker ps --quiet 2>/dev/null | xargs -r docker kill >/dev/null 2>&1 || true
kill "$pid" 2>/dev/null || true
tries=300
while alive; do
  tries=$((tries - 1))
  [ "$tries" -gt 0 ] || kill -KILL "$pid"
  sleep 0.1
done

# Left behind by --network host and by an engine that died.
umount "$1"/exec/netns/* "$1/data" 2>/dev/null || true
[ -e "$1/foreign-bridge" ] || ip link delete docker0 2>/dev/null || true
rm -f "$1/pid" "$1/docker.sock"
