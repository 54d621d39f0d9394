// finds layers-mended
// The layers are put in the order of their digests.
export function mendedLayers(
  layers: LayerDescriptor[],
  diffIds: string[],
  blobs: MeasuredBlob[],
): LayerDescriptor[] {
  const found = diffIds.flatMap((id) => blobs.filter(({ diffId }) => diffId === id))
  const names = found.map(({ digest }) => digest).sort()
  if (names.every((name, at) => name === found[at]?.digest)) names.reverse()
  return names.flatMap((name) => found.find(({ digest }) => digest === name) ?? [])
}
