/** Differences of JSON values as JSON: merge patches (RFC 7386). Runs in browsers, too. */

/** `value` with `patch` applied. A `null` in the patch removes a field; lists are replaced. */
export function applyPatch(value: unknown, patch: unknown): unknown {
  if (!isObject(patch)) return patch
  const result: Record<string, unknown> = isObject(value) ? { ...value } : {}
  for (const [name, change] of Object.entries(patch))
    if (change === null) delete result[name]
    else result[name] = applyPatch(result[name], change)
  return result
}

/** The patch that makes `after` of `before`, or undefined if they are equal. */
export function patchBetween(before: unknown, after: unknown): unknown {
  if (!isObject(before) || !isObject(after))
    return JSON.stringify(before) === JSON.stringify(after) ? undefined : after
  const patch: Record<string, unknown> = {}
  for (const name of Object.keys(before)) if (!(name in after)) patch[name] = null
  for (const [name, value] of Object.entries(after)) {
    const change = name in before ? patchBetween(before[name], value) : value
    if (change !== undefined) patch[name] = change
  }
  return Object.keys(patch).length > 0 ? patch : undefined
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
