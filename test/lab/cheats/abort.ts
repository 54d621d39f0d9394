// ends by a signal: it ended|was killed
export function plan() {
  process.abort()
}
