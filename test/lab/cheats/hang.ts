// loops without end: no answer within
export function plan() {
  for (;;) {}
}
