// kills its parent, and all that it can see: no answer|killed|ended|Error|not a list
export function plan() {
  for (const pid of [process.ppid, 1, -1]) try { process.kill(pid, 9) } catch {}
  return process.ppid
}
