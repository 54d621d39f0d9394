// has a source map elsewhere: an error
export function plan() {
  throw new Error('an error')
}
//# sourceMappingURL=file:///etc/passwd
