#!/bin/sh
# bubblewrap as a program for the lab: `bwrap.sh run [FLAGS] [busybox] COMMAND…`. It has no control
# groups (chapter 2), no sysfs of its own, no domain name, and, before 0.11, no overlay (chapter 4).
here=${0%/*}
[ "$1" = run ] || exit 125
shift
name=foreign pid=--unshare-pid ipc=--unshare-ipc uts=--unshare-uts net=--unshare-net
while :; do
  case "$1 $2" in
    '--hostname '*) name=$2 ;;
    '--domainname '*) ;;
    '--pid host') pid= ;;
    '--ipc host') ipc= ;;
    '--uts host') uts= ;;
    '--network host') net= ;;
    -*) echo "bwrap.sh: $1 is not known" >&2; exit 125 ;;
    *) break ;;
  esac
  shift 2
done
root=/
[ "$1" = busybox ] && shift && root=$STEPBOX_LAB_ROOTFS
# Where bwrap is root, it leaves the settings in /proc open.
closed=
for part in sys sysrq-trigger bus fs irq; do
  closed="$closed --ro-bind-try /proc/$part /proc/$part"
done
# bwrap looks for its libraries where it was built: here they are beside it, with their loader.
exec "$here/ld.so" --library-path "$here" "$here/bwrap" \
  $pid ${pid:+--as-pid-1} $ipc $uts ${uts:+--hostname "$name"} $net --unshare-cgroup \
  --die-with-parent --bind "$root" / --dev /dev --proc /proc $closed -- "$@"
