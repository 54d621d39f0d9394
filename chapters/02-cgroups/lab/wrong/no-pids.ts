// finds processes-limited
// --pids-limit is not looked at.
export function processes(): LimitLine[] {
  return []
}
