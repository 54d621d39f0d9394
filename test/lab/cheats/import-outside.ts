// imports a file outside of the checkout: the lab has no such file
import data from '../../../../../../../../etc/passwd'
export function plan() {
  return data
}
