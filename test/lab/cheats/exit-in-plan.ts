// ends the process in plan(): it ended without an answer
export function plan() {
  process.exit(0)
}
