# shellcheck shell=bash
# Installs what .ci/run needs and the machine lacks. Sourced; every function may run again.

PACKAGES=(
  apache2-utils attr busybox-static bzip2 ca-certificates containerd curl docker-registry docker.io
  git iproute2 openssl pigz python3 runc skopeo umoci xz-utils zstd
)
PATH=$PATH:/usr/local/go/bin:$HOME/go/bin:/usr/sbin:/sbin

install_packages() {
  local missing=() package
  for package in "${PACKAGES[@]}"; do
    dpkg-query --show --showformat '${Status}\n' "$package" 2>/dev/null |
      grep -q 'install ok installed' || missing+=("$package")
  done
  command -v go >/dev/null || missing+=(golang-go)
  [ ${#missing[@]} -gt 0 ] || return 0
  local apt=(apt-get -qq -o Acquire::Retries=3 -o Dpkg::Use-Pty=0)
  "${apt[@]}" update && DEBIAN_FRONTEND=noninteractive "${apt[@]}" install -y \
    --no-install-recommends "${missing[@]}" >/dev/null
}

# Puts the Deno that npx brings into PATH, so that each step need not ask npx.
install_deno() {
  local program
  program=$(npx -y deno@2 eval 'console.log(Deno.execPath())') || return
  PATH=$(dirname "$program"):$PATH
  deno --version
}

# Debian's own Go is too old for today's crane, and builds the last one that asked for no more.
install_crane() {
  command -v crane >/dev/null && return
  local version=v0.20.6
  [[ $(go env GOVERSION) =~ ^go1\.(1[0-9]|20)(\.|$) ]] && version=v0.15.2
  go install "github.com/google/go-containerregistry/cmd/crane@$version"
}
