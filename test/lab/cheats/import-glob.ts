// imports whatever there is: does not give a list|is async|not a list|cannot
export function plan(options) {
  return import('../../../../../etc/' + options.hostname).then(String)
}
