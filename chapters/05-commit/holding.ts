/** For its tests: a process that takes the lock of a store and never gives it back. */
import { withLock } from '../../runtime/05-commit/store/lock.ts'

void withLock(process.argv[2] ?? '', () => {
  console.log('held')
  return new Promise((resolve) => setTimeout(resolve, 1e6))
})
