/** containerd's own client in a node, in the namespace of Kubernetes: its words and scripts. */

/** How it is called. */
export const CTR = ["ctr", "--namespace", "k8s.io"] as const;

/** The label that keeps an image from the kubelet's garbage collection. */
export const PINNED = "io.cri-containerd.pinned";

const CALL = CTR.join(" ");

/** What the images of these names are: their content is checked, and their labels are told. */
const TELL = `tell() {
  for name; do set -- "$@" "name==\\"$name\\"" && shift; done
  [ $# -eq 0 ] || { ${CALL} images check "$@" && echo && ${CALL} images ls "$@"; }
}`;

/** Tells what a node is and has; its arguments are names of images. */
export const LIST: string = `${TELL}
uname -m && ${CALL} content ls && echo && tell "$@"`;

/** Labels images, and tells what they are; its arguments are `KEY=VALUE` and names of images. */
const CONFIRMING = `${TELL}
confirm() {
  label=$1 && shift
  for name; do ${CALL} images label "$name" "$label" >/dev/null || exit; done
  tell "$@"
}`;

/**
 * Imports the archive that it reads, and first tells its process ID; with arguments, which are those
 * of {@linkcode CONFIRM}, it does that too. From containerd 2 on, ctr would leave an import to the
 * daemon, which knows nothing of blobs that are there already.
 */
export const IMPORT: string = `${CONFIRMING}
echo $$
version=$(ctr --version) && version=\${version##* } && version=\${version#v}
[ "\${version%%.*}" -lt 2 ] && here= || here=--local
trap 'kill $!' TERM
exec 3<&0
${CALL} images import $here - <&3 >/dev/null & wait $! || exit
[ $# -eq 0 ] || confirm "$@"`;

/**
 * Pulls an image under a name that goes again, and gives it the names that follow; first tells its
 * process ID. A registry that is not reached for as long as is said is not pulled from at all: to end
 * a pull that has begun would keep its lease. What came of an image that did not come whole is
 * dropped.
 */
export const PULL: string = `echo $$
patience=$1 from=$2 && shift 2
drop() {
  wait
  ${CALL} images rm "$from" >/dev/null 2>&1
  lease=$(${CALL} leases create --expires 1m) && ${CALL} leases delete --sync "$lease" >/dev/null
  exit 1
}
ctr --timeout "$patience" content fetch-object --plain-http "$from" manifest >/dev/null || exit
version=$(ctr --version) && version=\${version##* } && version=\${version#v}
[ "\${version%%.*}" -lt 2 ] && here= || here=--local
trap 'kill -9 $!' TERM
${CALL} images pull $here --plain-http "$from" >/dev/null & wait $! || drop
${CALL} images tag $here --force "$from" "$@" >/dev/null && ${CALL} images rm "$from" >/dev/null || drop`;

/** Labels images, and tells what they are; its arguments are `KEY=VALUE` and names of images. */
export const CONFIRM: string = `${CONFIRMING}
confirm "$@"`;

/**
 * Waits until an import is gone whose source has ended, by its process ID: it gives its lease back,
 * which it would not if it were killed at once. Removes the images of the names that follow; then
 * has containerd drop what nothing refers to, as the end of a lease makes it do.
 */
export const CLEAN: string = `pid=$1 && shift
tries=200
while kill -0 "$pid" 2>/dev/null && [ $((tries -= 1)) -gt 0 ]; do
  [ "$tries" -ne 20 ] || kill "$pid"
  sleep 0.05
done
[ $# -eq 0 ] || ${CALL} images rm "$@" >/dev/null 2>&1
lease=$(${CALL} leases create --expires 1m) && ${CALL} leases delete --sync "$lease" >/dev/null`;
