// answers with what steers a terminal: does not exist
export function plan() {
  return [{ chapter: 3, call: ['\u001b[2J\u001b]0;pwned\u0007'], why: '' }]
}
