# shellcheck shell=bash
# Installs what .ci/run needs and the machine lacks. Sourced; every function may run again.

PACKAGES=(
  aardvark-dns apache2-utils attr buildah busybox-static bzip2 ca-certificates catatonit conntrack
  containerd containernetworking-plugins curl docker-registry docker.io etcd-client etcd-server git
  haproxy iproute2 iptables libnginx-mod-stream mount netavark nginx-light openssl pigz podman python3 runc
  skopeo socat umoci util-linux wrk xz-utils zstd
)
PATH=$HOME/go/bin:$PATH:/usr/local/go/bin:/usr/sbin:/sbin
CRANE=v0.22.1
CONFORMANCE=v0.0.0-20260831232431-97274622c111
CONFORMANCE_1_1=v0.0.0-20231101194043-f2182352d4cc
ORAS=v1.3.6
NEW_GO=go1.26.8

install_packages() {
  local missing=() package
  for package in "${PACKAGES[@]}"; do
    dpkg-query --show --showformat '${Status}\n' "$package" 2>/dev/null |
      grep -q 'install ok installed' || missing+=("$package")
  done
  command -v go >/dev/null || missing+=(golang-go)
  command -v kubectl >/dev/null || missing+=(kubernetes-client)
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

# Runs go in a version that today's modules take. From 1.21 on Go fetches that by itself; Debian's can
# fetch it as the module that it is.
new_go() {
  local go=go directory
  if [[ $(go env GOVERSION) =~ ^go1\.(1[0-9]|20)(\.|$) ]]; then
    directory=$(go mod download -json "golang.org/toolchain@v0.0.1-$NEW_GO.linux-$(go env GOARCH)" |
      sed -n 's/.*"Dir": "\(.*\)".*/\1/p') || return
    chmod -R u+x "$directory/bin" "$directory/pkg/tool" || return
    go=$directory/bin/go
  fi
  "$go" "$@"
}

install_crane() {
  [ "$(crane version 2>/dev/null)" != "$CRANE" ] || return 0
  new_go install "github.com/google/go-containerregistry/cmd/crane@$CRANE"
}

install_oras() {
  oras version 2>/dev/null | grep -qw "${ORAS#v}" || new_go install "oras.land/oras/cmd/oras@$ORAS"
}

# The official suites of the distribution specification: the program of 2026, and the tests that came
# with 1.1.
install_conformance() {
  local module=github.com/opencontainers/distribution-spec/conformance bin=$HOME/go/bin work source
  [ ! -x "$bin/oci-conformance" ] || [ ! -x "$bin/oci-conformance-1.1" ] || return 0
  work=$(mktemp -d) && mkdir -p "$bin" || return
  GOBIN=$work new_go install "$module@$CONFORMANCE" || return
  mv "$work/conformance" "$bin/oci-conformance" || return
  source=$(new_go mod download -json "$module@$CONFORMANCE_1_1" |
    sed -n 's/.*"Dir": "\(.*\)".*/\1/p') || return
  cp -r "$source" "$work/source" && chmod -R u+w "$work/source" || return
  (cd "$work/source" && new_go test -c -o "$bin/oci-conformance-1.1" .) || return
  rm -rf "$work"
}

# The programs of Kubernetes for the nodes of tests, built once a machine.
build_kubernetes() {
  tests/support/kubernetes/build.sh
}
