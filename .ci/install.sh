# shellcheck shell=bash
# Installs what .ci/run needs and the machine lacks. Sourced; every function may run again.

PACKAGES=(
  apache2-utils attr busybox-static bzip2 ca-certificates containerd curl docker-registry docker.io
  git iproute2 openssl pigz python3 runc skopeo umoci xz-utils zstd
)
PATH=$HOME/go/bin:$PATH:/usr/local/go/bin:/usr/sbin:/sbin
CRANE=v0.22.1
GO_FOR_CRANE=go1.25.5

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

# crane wants a newer Go than Debian's. From 1.21 on Go fetches that by itself; older ones can fetch
# it as the module that it is.
install_crane() {
  [ "$(crane version 2>/dev/null)" != "$CRANE" ] || return 0
  local go=go directory
  if [[ $(go env GOVERSION) =~ ^go1\.(1[0-9]|20)(\.|$) ]]; then
    directory=$(go mod download -json \
      "golang.org/toolchain@v0.0.1-$GO_FOR_CRANE.linux-$(go env GOARCH)" |
      sed -n 's/.*"Dir": "\(.*\)".*/\1/p') || return
    chmod -R u+x "$directory/bin" "$directory/pkg/tool" || return
    go=$directory/bin/go
  fi
  "$go" install "github.com/google/go-containerregistry/cmd/crane@$CRANE"
}
