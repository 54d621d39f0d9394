// finds layers-mended
// A diff_id is taken for the name of a blob.
export function mendedLayers(
  layers: LayerDescriptor[],
  diffIds: string[],
  blobs: MeasuredBlob[],
): LayerDescriptor[] {
  return diffIds.map((digest, at) => ({ ...layers[at], ...blobs[at], digest }) as LayerDescriptor)
}
