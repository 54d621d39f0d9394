// finds prediction
// A file that came and went is thought to leave a whiteout.
export const predictedPaths: string[] = [
  'bin',
  'bin/.wh.vi',
  'etc',
  'etc/passwd',
  'tmp',
  'tmp/.wh.x',
  'var',
  'var/.wh..wh..opq',
  'var/new',
]
