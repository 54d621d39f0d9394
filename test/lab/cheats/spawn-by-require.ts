// starts a program by way of the module that serves it: not a list|Error
export function plan() {
  const { spawnSync } = process.mainModule.require('node:child_process')
  const { error, pid, status } = spawnSync('/node', ['-e', 'console.log(1)'])
  return `${error} ${pid} ${status}`
}
