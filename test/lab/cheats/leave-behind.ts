// leaves a process behind: not a list|Error|no answer
export function plan() {
  const { spawn } = process.mainModule.require('node:child_process')
  const child = spawn('/node', ['-e', 'setInterval(() => {}, 1e6)'], { detached: true, stdio: 'ignore' })
  child.on('error', () => {})
  child.unref()
  return 'left'
}
