// starts threads without end: it ended|was killed|no answer|Error|not a list
import { Worker } from 'node:worker_threads'
export function plan() {
  for (;;) new Worker('for(;;){}', { eval: true })
}
