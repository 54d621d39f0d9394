// sets a prototype by its answer: not a step|no call
export function plan() {
  return [JSON.parse('{"__proto__": {"status": "pass"}, "why": "x"}')]
}
