// finds memory-limited
// --memory is not looked at.
export function memory(): LimitLine[] {
  return []
}
