/** The terminal's settings when the program ends. */
import { closeSync } from 'node:fs'
import { isatty } from 'node:tty'
import { statFields } from '../process.ts'

/**
 * When Node ends, it restores the settings that a terminal had when it began. That is right for a
 * job in the foreground, if the native program was killed and has left the terminal raw. But a job
 * in the background finds the settings with which its shell reads a command line, without echo: in
 * the middle of the next command they are wrong. Node leaves a closed descriptor alone.
 */
export function leaveTerminalAsItIs(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd))
  if (terminals.length === 0) return
  const beganInFront = isInFront()
  process.once('exit', () => {
    if (!beganInFront || !isInFront()) for (const fd of terminals) closeSync(fd)
  })
}

/** Whether this process group has the terminal (proc_pid_stat(5): pgrp and tpgid). */
function isInFront(): boolean {
  const stat = statFields('self') ?? []
  const [group, inFront] = [Number(stat[5]), Number(stat[8])]
  return !(inFront > 0) || inFront === group
}
