/** A script that leaves an orphan behind, and prints what becomes of it: `reaped` or `zombie`. */

/** Its shell becomes a program that waits for nobody, and ends with what looks at the orphan. */
export const orphan = `
pid=$(sh -c 'sleep 0.1 > /dev/null & echo $!')
is_there() { [ -e /proc/$pid ]; }
look() {
  until grep -qs 'State:.Z' /proc/$pid/status || ! is_there; do sleep 0.01; done
  tries=0
  while is_there && [ $tries -lt 50 ]; do sleep 0.01; tries=$((tries + 1)); done
  is_there && echo zombie || echo reaped
}
mkfifo /looked
look > /looked &
exec cat /looked`
