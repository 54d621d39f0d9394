// imports a module of Node: the lab has no such file
import { readFileSync } from 'node:fs'
export function plan() {
  return readFileSync('/etc/passwd', 'utf8')
}
