// connects to a server of the host: not a list|Error|no answer
export function plan(options) {
  const { connect } = process.mainModule.require('node:net')
  const port = Number(options.env.find((each) => each.startsWith('CANARY_PORT='))?.slice(12) ?? 80)
  connect({ port, host: '127.0.0.1' }).on('error', () => {})
  return 'connected'
}
