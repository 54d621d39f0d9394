// finds layers-mended
// Each blob that the config names is taken once.
export function mendedLayers(
  layers: LayerDescriptor[],
  diffIds: string[],
  blobs: MeasuredBlob[],
): LayerDescriptor[] {
  return blobs.filter(({ diffId }) => diffIds.includes(diffId))
}
