// finds processes-limited
// Limits are written into a group that no step has made.
export function group(wanted: Group): Step[] {
  return groupPlaces(wanted).flatMap((place) => [
    ...prepareTree(place, wanted),
    ...writeLimits(place, wanted),
  ])
}
